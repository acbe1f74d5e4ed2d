"""What tests of surveys start from: members, margins, answers."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.surveys.answering.store import Refusal, hold, submit
from services.surveys.reminding.domain import next_moment
from services.surveys.reminding.reminding import is_holiday
from services.surveys.sealing import keys_of
from services.surveys.tables import Invitation
from shared.events.registration import AgeBand, MemberJoined, PanelThresholdReached, PanelThresholdSet
from shared.events.registration import PopulationMarginsSet as MarginsSet
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import move

BANDS = (
    AgeBand(code="15-24", age_from=15, age_to=24),
    AgeBand(code="25-44", age_from=25, age_to=44),
    AgeBand(code="45-", age_from=45, age_to=None),
)


def margins() -> MarginsSet:
    """Three age bands."""
    return MarginsSet(
        margins_id=new_id(), year=2026, source="ssb-07459", bands=BANDS, margins=(), area_scheme="postcode-2026-05-26"
    )


def joined(at: datetime, **changes: Any) -> MemberJoined:
    """A member who takes part in everything."""
    values: dict[str, Any] = {
        "member_id": new_id(),
        "year_of_birth": 1990,
        "gender": "female",
        "area": None,
        "area_scheme": "postcode-2026-05-26",
        "purposes": ("surveys", "meetings", "results"),
        "status": "active",
        "joined_at": at - timedelta(hours=1),
    }
    return MemberJoined(**(values | changes))


def many(at: datetime, number: int) -> list[MemberJoined]:
    """Members of both main genders and all bands."""
    return [
        joined(at, gender=("female", "male")[place % 2], year_of_birth=(2005, 1990, 1960)[place % 3])
        for place in range(number)
    ]


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


async def answer(rt: Runtime, invitation_id: UUID, answers: dict[str, Any]) -> bool:
    """Send in ``answers`` as the page does; False when the invitation takes none any more."""
    async with rt.transaction() as session:
        held = await hold(session, keys_of(rt.settings), invitation_id, 1, rt.now())
        if isinstance(held, Refusal):
            return False
        await submit(session, held, answers, rt.now())
        return True


def move_to_work(rt: Runtime, by: timedelta) -> None:
    """Move panel time forward, and on to an hour at which reminders go."""
    later = rt.now() + by
    move(rt, by + (next_moment(later, 9, 20, is_holiday, rt.settings.zone) - later))
