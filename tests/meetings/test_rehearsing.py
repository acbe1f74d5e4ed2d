"""The hourly rehearsal of a draw: it goes to its end, no member is in it, and what it cannot do it says."""

from collections.abc import Awaitable, Callable

import pytest

from services.meetings import rehearsing
from services.meetings.rehearsing import rehearse_draw
from services.meetings.seats.lottery import Limit
from services.meetings.seats.promising import file_of
from services.meetings.tables import Draw
from services.meetings.verify import Refused
from shared.service import RehearsalFailed, Runtime
from shared.testing import Deliverer, outbox
from tests.backends import sizes_of_tables
from tests.meetings.given import a_committed_draw, a_meeting
from tests.members import many, margins

RuntimeOf = Callable[..., Awaitable[Runtime]]


@pytest.fixture
async def rt(runtime_of: RuntimeOf) -> Runtime:
    return await runtime_of("meetings", synthetic_email="prove@panel.example.org")


async def test_it_comes_to_its_end_beside_a_real_draw_and_nothing_of_it_stays(
    rt: Runtime, deliver: Deliverer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await deliver(margins(), *many(rt.now(), 20))
    real = await a_committed_draw(rt, await a_meeting(rt))
    before, events = await sizes_of_tables(rt), await outbox(rt)
    files: list[dict[str, object]] = []
    monkeypatch.setattr(rehearsing, "check", files.append)
    await rehearse_draw(rt)
    (file,) = files
    assert isinstance(file["entries"], list)
    assert len(file["entries"]) == len(rehearsing._GENDERS)
    assert await sizes_of_tables(rt) == before
    assert await outbox(rt) == events
    async with rt.transaction() as session:
        again = await session.get_one(Draw, real.id)
    assert (again.state, again.digest, again.promise) == (real.state, real.digest, real.promise)


async def test_the_draw_is_checked_as_anybody_may(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without figures of the population, and with a file that somebody has changed."""
    await rehearse_draw(rt)
    monkeypatch.setattr(rehearsing, "file_of", lambda *given: {**file_of(*given), "digest": "0" * 64})
    with pytest.raises(Refused):
        await rehearse_draw(rt)


async def test_a_solver_that_finds_nothing_is_found_out(
    rt: Runtime, deliver: Deliverer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await deliver(margins())
    monkeypatch.setattr(rehearsing, "_LIMITS", [Limit("gender", "female", 7, 7)])
    with pytest.raises(RehearsalFailed):
        await rehearse_draw(rt)


async def test_without_a_made_up_resident_nothing_is_rehearsed(
    runtime_of: RuntimeOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    rt = await runtime_of("meetings")
    monkeypatch.setattr(rehearsing, "_solved_elsewhere", None)
    await rehearse_draw(rt)
