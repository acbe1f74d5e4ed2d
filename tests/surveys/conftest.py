"""The surveys service on a database that holds only its own schema."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta

import pytest
import pytest_asyncio
import sqlalchemy as sa

from services.surveys.fieldwork.domain import Plan
from services.surveys.fieldwork.inviting import open_due_surveys
from services.surveys.planning.planning import add_survey
from services.surveys.questionnaire.shelf import shipped
from services.surveys.tables import Invitation, Survey
from shared.events.questionnaire import Questionnaire
from shared.ids import new_id
from shared.migrations import migrate
from shared.service import Runtime
from shared.testing import Deliverer
from tests.backends import fresh_database
from tests.members import joined
from tests.surveys.given import margins


@pytest.fixture(scope="session")
def database_url(owner_url: str) -> Iterator[str]:
    """A fresh database with this service's schema alone: what it needs, and proof that it needs no other."""
    with fresh_database(owner_url, lambda url: migrate(url, ["surveys"])) as url:
        yield url


@pytest_asyncio.fixture
async def rt(runtime_of: Callable[..., Awaitable[Runtime]]) -> AsyncIterator[Runtime]:
    """The service on its emptied schema."""
    yield await runtime_of("surveys")


PlanSurvey = Callable[..., Awaitable[Survey]]


@pytest.fixture
def plan(rt: Runtime) -> PlanSurvey:
    """``await plan(size=None, days=14)``: the climate survey planned for now (or a size), opened if it is due.

    ``asking`` is another questionnaire than that.
    """

    async def make(size: int | None = None, days: int = 14, asking: Questionnaire | None = None) -> Survey:
        now, survey_id = rt.now(), new_id()
        times = Plan(
            opens_at=now if size is None else None,
            closes_at=now + timedelta(days=days),
            reminder_at=now + timedelta(days=7),
        )
        opens = "now" if size is None else "threshold"
        async with rt.transaction() as session:
            questionnaire = asking or shipped()["klima"]
            await add_survey(session, survey_id, questionnaire, opens, size, times, now)
        await open_due_surveys(rt)
        async with rt.transaction() as session:
            survey = await session.get(Survey, survey_id)
        assert survey is not None
        return survey

    return make


@pytest_asyncio.fixture
async def invitation(rt: Runtime, deliver: Deliverer, plan: PlanSurvey) -> Invitation:
    """One member, invited to the open climate survey."""
    await deliver(margins(), joined(rt.now()))
    await plan()
    async with rt.transaction() as session:
        return (await session.scalars(sa.select(Invitation))).one()
