"""Tickets are made by a job: staff see how far it is and can stop it, and a crash anywhere comes to the same."""

import asyncio
import random
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from services.meetings.figures import figures
from services.meetings.seats.committing import Watch, prepare_draws
from services.meetings.tables import Draw, Meeting
from shared.events.registration import AreaMargin
from shared.service import Runtime
from shared.testing import Deliverer, move
from tests.meetings.given import a_committed_draw, a_meeting
from tests.members import joined, many, margins

STEPS = ("bound", "panels", "pricing", "levels", "tickets")


async def an_interlocking_draw(rt: Runtime, deliver: Deliverer) -> Draw:
    """A draw that goes through every step there is, made once."""
    chance = random.Random(52)
    areas = tuple(AreaMargin(area=area, label=area, population=1000) for area in ("nord", "sor", "vest"))
    people = [
        joined(
            rt.now(),
            gender=chance.choice(("female", "male")),
            year_of_birth={"15-24": 2005, "25-44": 1990, "45-": 1960}[chance.choice(("15-24", "25-44", "45-"))],
            area=chance.choice(("nord", "sor", "vest")),
        )
        for _ in range(14)
    ]
    await deliver(margins().model_copy(update={"area_margins": areas}), *people)
    limits = [{"feature": "gender", "value": value, "least": 1, "most": 3} for value in ("female", "male")]
    limits += [{"feature": "band", "value": value, "least": 1, "most": 2} for value in ("15-24", "25-44", "45-")]
    limits += [{"feature": "area", "value": area.area, "least": 1, "most": 2} for area in areas]
    return await a_committed_draw(rt, await a_meeting(rt, seats=4, limits=limits, by_hand=True))


async def made_anew(rt: Runtime) -> None:
    """As if the draw had only been asked for."""
    blank = {"root": None, "promise": None, "full_part": None, "digest": None}
    async with rt.transaction() as session:
        await session.execute(sa.update(Draw).values(state="preparing", **blank))


async def the_draw(rt: Runtime, draw_id: UUID) -> Draw:
    async with rt.transaction() as session:
        return await session.get_one(Draw, draw_id)


class Crash(Exception):
    """Something that should not happen."""


class Crashing(Watch):
    """A solver that fails at a step."""

    def __init__(self, at: str) -> None:
        super().__init__()
        self.at = at

    def __call__(self, step: str, done: float) -> None:
        super().__call__(step, done)
        if step == self.at:
            raise Crash


@pytest.mark.parametrize("step", STEPS)
async def test_a_job_that_fails_at_any_step_comes_to_the_same(rt: Runtime, deliver: Deliverer, step: str) -> None:
    draw = await an_interlocking_draw(rt, deliver)
    await made_anew(rt)
    with pytest.raises(Crash):
        await prepare_draws(rt, lambda: Crashing(step))
    await prepare_draws(rt)
    assert (await the_draw(rt, draw.id)).state == "preparing", "it may still be somebody else's"
    move(rt, timedelta(seconds=16))
    await prepare_draws(rt)
    again = await the_draw(rt, draw.id)
    assert (again.state, again.digest, again.step, again.done) == ("ready", draw.digest, None, None)


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from services.meetings.app import SERVICE
from services.meetings.seats.committing import Watch, prepare_draws
from shared.testing import make_test_runtime

class Deadly(Watch):
    def __call__(self, step, done):
        if step == "panels":
            os.kill(os.getpid(), signal.SIGKILL)
        super().__call__(step, done)

asyncio.run(prepare_draws(make_test_runtime(SERVICE, sys.argv[1], Path(sys.argv[2])), Deadly))
"""


async def test_a_process_killed_in_the_middle_is_followed_by_another(rt: Runtime, deliver: Deliverer) -> None:
    draw = await an_interlocking_draw(rt, deliver)
    await made_anew(rt)
    command = [sys.executable, "-c", KILLED, rt.database.url, str(rt.settings.clock_file)]
    died = await asyncio.to_thread(subprocess.run, command, cwd=Path(__file__).parents[2], timeout=60, check=False)
    assert died.returncode == -9
    row = await the_draw(rt, draw.id)
    assert (row.state, row.taken_until is not None) == ("preparing", True)
    move(rt, timedelta(seconds=16))
    await prepare_draws(rt)
    assert (await the_draw(rt, draw.id)).digest == draw.digest


class Held(Watch):
    """A solver that stands still in the middle until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.there, self.go = threading.Event(), threading.Event()

    def __call__(self, step: str, done: float) -> None:
        super().__call__(step, done)
        if step == "panels":
            self.there.set()
            self.go.wait(30)


async def test_staff_see_how_far_a_long_draw_is_and_stop_it(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    meeting = await a_meeting(rt)
    page = f"/staff/meetings/{meeting.id}/draw"
    await editor.post(page, data={"action": "prepare"})
    assert "venter på tur" in (await editor.get(page)).text
    steps = Held()
    working = asyncio.create_task(prepare_draws(rt, lambda: steps))
    try:
        assert await asyncio.to_thread(steps.there.wait, 30)
        async with asyncio.timeout(30):
            while "setter sammen grupper" not in (text := (await editor.get(page)).text):
                await asyncio.sleep(0.05)
        assert "20\u00a0%:" in text
        async with rt.transaction() as session:
            progress: Any = (await figures(session))["draw_progress"]
            (draw,) = await session.scalars(sa.select(Draw))
        assert progress == {str(draw.id): pytest.approx(0.2)}
        await prepare_draws(rt, lambda: Crashing("bound"))  # Another replica leaves it alone.
        assert (await editor.post(page, data={"action": "cancel"})).status_code == 303
        await working
        assert steps.stopped
    finally:
        steps.go.set()
    await prepare_draws(rt)
    assert (await the_draw(rt, draw.id)).state == "cancelled"
    async with rt.transaction() as session:
        assert (await session.get_one(Meeting, meeting.id)).state == "announced"
        assert (await figures(session))["draw_progress"] == {}
    assert "Gjør trekningen klar" in (await editor.get(page)).text


def test_how_much_is_done_never_goes_back() -> None:
    watch = Watch()
    shares = []
    for step, share in [
        ("bound", 0.5),
        ("panels", 0.9),
        ("panels", 0.2),
        ("pricing", 0.0),
        ("tickets", 0.0),
        ("done", 1),
    ]:
        watch(step, share)
        shares.append(watch.done)
    assert shares == sorted(shares)
    assert shares[-1] == 1
