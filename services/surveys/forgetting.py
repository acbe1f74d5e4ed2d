"""Forgetting who was asked: years after a survey has closed, its invitations are counts; and who of staff made it."""

from datetime import timedelta

import sqlalchemy as sa

from services.surveys.audience.tables import Candidate, Meeting, MeetingGuest
from services.surveys.tables import Invitation, Survey, WrittenVersion
from shared.service import Runtime
from shared.staff_names import forget_names

#: Long enough for a follow-up to reach the participants.
PARTICIPATION = timedelta(days=3 * 365)


async def forget_participation(rt: Runtime) -> None:
    """Job: who was asked in a survey or spared, and who answered, ends three years after it closed; as do meetings."""
    old = sa.select(Survey.id).where(Survey.closed_at < rt.now() - PARTICIPATION)
    async with rt.transaction() as session:
        for table, blank in ((Invitation, {"member_id": None}), (Candidate, {"member_id": None, "salt": None})):
            which = (table.member_id.is_not(None), table.survey_id.in_(old))
            await session.execute(sa.update(table).where(*which).values(blank))
        meetings = sa.select(Meeting.id).where(Meeting.starts_at < rt.now() - PARTICIPATION)
        await session.execute(sa.delete(MeetingGuest).where(MeetingGuest.meeting_id.in_(meetings)))


#: Job: who wrote a questionnaire.
forget_staff_names = forget_names((WrittenVersion.saved_by, WrittenVersion.saved_at))
