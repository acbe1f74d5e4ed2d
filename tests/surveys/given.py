"""What tests of surveys start from: members, margins, answers."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.surveys.answering.store import Refusal, hold, submit
from services.surveys.reminding.domain import next_moment
from services.surveys.reminding.holidays import is_holiday
from services.surveys.sealing import keys_of
from services.surveys.tables import Invitation
from shared.events.registration import PanelThresholdReached, PanelThresholdSet, PopulationMarginsSet
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import move
from tests import members
from tests.members import joined as joined
from tests.members import many as many


def margins() -> PopulationMarginsSet:
    """Three age bands, without figures."""
    return members.margins(margins=())


def threshold(size: int) -> tuple[PanelThresholdSet, PanelThresholdReached]:
    """An announced size, and that it was reached."""
    id_ = new_id()
    at = datetime.fromisoformat("2027-01-01T08:00:00+00:00")
    return (
        PanelThresholdSet(threshold_id=id_, size=size, role="start"),
        PanelThresholdReached(threshold_id=id_, size=size, panel_size=size, reached_at=at),
    )


async def invitations(rt: Runtime, survey_id: UUID) -> list[Invitation]:
    """Every invitation of the survey."""
    async with rt.transaction() as session:
        return list(
            await session.scalars(
                sa.select(Invitation).where(Invitation.survey_id == survey_id).order_by(Invitation.id)
            )
        )


async def answer(rt: Runtime, invitation_id: UUID, answers: dict[str, Any], *, again: bool = False) -> bool:
    """Send in ``answers`` as the page does; False when the invitation takes none (any more).

    ``again``: as a page does that changes what was sent in.
    """
    async with rt.transaction() as session:
        opening = await hold(session, keys_of(rt.settings), invitation_id, 1, rt.now())
        if isinstance(opening, Refusal) or (opening.response_id is not None and not again):
            return False
        await submit(session, opening, answers, rt.now())
        return True


def move_to_work(rt: Runtime, by: timedelta) -> None:
    """Move panel time forward, and on to an hour at which reminders go."""
    later = rt.now() + by
    move(rt, by + (next_moment(later, 9, 20, is_holiday, rt.settings.zone) - later))
