"""Tables of the schema ``meetings``; no behaviour. Times are UTC instants of panel time."""

from services.meetings.tables.base import Base
from services.meetings.tables.calls import Called
from services.meetings.tables.draws import AuditedDraw, Candidate, Draw, DrawEntry
from services.meetings.tables.meetings import (
    AskedInSurvey,
    Evaluation,
    FollowUp,
    Invitation,
    Margins,
    Meeting,
    Member,
    Notice,
)

metadata = Base.metadata
