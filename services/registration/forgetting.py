"""Forgetting old copies of what members were asked, the facts of files taken in, and who of staff did something."""

from datetime import timedelta

import sqlalchemy as sa

from services.registration.tables import Asked, Drawn, DrawProof, Meeting, MemberImport, OnBehalf, Spared, Survey
from shared.service import Runtime
from shared.staff_names import forget_names

PARTICIPATION = timedelta(days=3 * 365)
_FILES = timedelta(days=365)


async def forget_participation(rt: Runtime) -> None:
    """Job: the own page's copies end with their originals, three years after; facts of a taken-in file after one."""
    before = rt.now() - PARTICIPATION
    async with rt.transaction() as session:
        surveys = sa.select(Survey.id).where(Survey.closes_at < before)
        meetings = sa.select(Meeting.id).where(Meeting.starts_at < before)
        await session.execute(sa.delete(Asked).where(Asked.survey_id.in_(surveys)))
        await session.execute(sa.delete(Spared).where(Spared.survey_id.in_(surveys)))
        for table in (Drawn, DrawProof):
            await session.execute(sa.delete(table).where(table.meeting_id.in_(meetings)))
        await session.execute(sa.delete(MemberImport).where(MemberImport.finished_at < rt.now() - _FILES))


#: Job: who of staff did what a member asked for.
forget_staff_names = forget_names((OnBehalf.done_by, OnBehalf.done_at))
