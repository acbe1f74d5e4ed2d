"""Tables of the schema ``registration``; no behaviour."""

from services.registration.tables.base import Base
from services.registration.tables.copies import (
    Asked,
    CalendarFeed,
    Drawn,
    DrawProof,
    FollowUp,
    Meeting,
    PlannedDate,
    PublishedResult,
    Spared,
    Survey,
)
from services.registration.tables.members import (
    IN_PANEL,
    AddressChange,
    Consent,
    DataRequest,
    ErasureReceipt,
    Member,
    MemberSession,
    OnBehalf,
    SignInAsked,
    SignUp,
)
from services.registration.tables.panel import AreaScheme, Channel, ImportRow, Margins, MemberImport, Panel, Threshold

__all__ = [
    "IN_PANEL",
    "AddressChange",
    "AreaScheme",
    "Asked",
    "CalendarFeed",
    "Channel",
    "Consent",
    "DataRequest",
    "DrawProof",
    "Drawn",
    "ErasureReceipt",
    "FollowUp",
    "ImportRow",
    "Margins",
    "Meeting",
    "Member",
    "MemberImport",
    "MemberSession",
    "OnBehalf",
    "Panel",
    "PlannedDate",
    "PublishedResult",
    "SignInAsked",
    "SignUp",
    "Spared",
    "Survey",
    "Threshold",
    "metadata",
]

metadata = Base.metadata
