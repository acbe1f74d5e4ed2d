"""Locks: an answer and its survey's closing wait for each other, as do a new member and a survey's opening."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Transaction, hold, run_sql

_OPENINGS = "surveys.openings"
_SURVEY = "surveys.survey."
#: As ``hold(..., shared=True)`` of the invitation's survey; one statement, for every page that is sent in.
_HOLD_SHARED = """
select pg_advisory_xact_lock_shared(hashtextextended($2 || survey_id, 0)) from surveys.invitation where id = $1
"""


async def hold_open(session: Transaction, invitation_id: UUID) -> bool:
    """Keep the invitation's survey from closing until this transaction ends; False for an unknown invitation.

    What the survey is must be read after this, with a statement of its own.
    """
    return bool(await run_sql(session, _HOLD_SHARED, invitation_id, _SURVEY))


async def hold_alone(session: AsyncSession, survey_id: UUID) -> None:
    """Wait for every answer that is being sent in to the survey, and let none begin until this transaction ends."""
    await hold(session, f"{_SURVEY}{survey_id}")


async def wait_for_openings(session: AsyncSession) -> None:
    """Keep openings wholly before or wholly after this transaction, which adds a member."""
    await hold(session, _OPENINGS, shared=True)


async def hold_openings(session: AsyncSession) -> None:
    """Keep other openings, and new members, out of this transaction, which opens a survey."""
    await hold(session, _OPENINGS)
