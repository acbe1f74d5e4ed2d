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

metadata = Base.metadata
