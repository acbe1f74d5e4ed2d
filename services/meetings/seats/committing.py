"""Job: the tickets of draws that were asked for, and the promise that staff look over and announce."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from services.meetings.draw.model import Infeasible, Lottery, Pool
from services.meetings.locks import lock_meeting
from services.meetings.seats.lottery import features_of
from services.meetings.seats.pool import limits_of_rows, newest_margins, rows_of_limits
from services.meetings.seats.preparing import candidates_of, fix_pool
from services.meetings.seats.promising import kind_of_candidate, make_promise, names_of
from services.meetings.seats.randomness import tickets_for
from services.meetings.tables import Candidate, Draw, Margins, Meeting
from services.meetings.verify import METHOD, program
from shared.service import Runtime

#: Who works on a draw says so anew this often, and it is another's when that has not been heard for ``_TURN``.
_BEAT, _TURN = 0.5, timedelta(seconds=15)
#: Each step's share of the whole, measured in long draws.
_PARTS = {
    "bound": (0.0, 0.2),
    "panels": (0.2, 0.6),
    "pricing": (0.6, 0.8),
    "levels": (0.8, 0.95),
    "tickets": (0.95, 1.0),
}


class Stopped(Exception):
    """The solver must stop: staff have cancelled the draw, or the process ends."""


class Watch:
    """What the solver's thread says, for the loop to store; and the loop's word that it should stop."""

    def __init__(self) -> None:
        self.step, self.done, self.stopped = "bound", 0.0, False

    def __call__(self, step: str, done: float) -> None:
        """The solver's `Progress`; raises Stopped."""
        if self.stopped:
            raise Stopped
        start, end = _PARTS.get(step, (1.0, 1.0))
        # Steps may come again; the whole never goes back.
        self.step, self.done = step, max(self.done, start + (end - start) * done)


async def prepare_draws(rt: Runtime, watching: Callable[[], Watch] = Watch) -> None:
    """Job: make the tickets of draws that were asked for; after a crash it begins again and comes to the same."""
    free = sa.or_(Draw.taken_until.is_(None), Draw.taken_until <= rt.now())
    async with rt.transaction() as session:
        statement = sa.select(Draw.id).where(Draw.state == "preparing", free).order_by(Draw.id)
        ids = list(await session.scalars(statement))
    for draw_id in ids:
        await _prepare(rt, draw_id, watching())


async def _prepare(rt: Runtime, draw_id: UUID, watch: Watch) -> None:
    async with rt.transaction() as session:
        await fix_pool(session, draw_id, rt.now(), rt.profile.contact_cap)
    async with rt.transaction() as session:
        draw = await session.get_one(Draw, draw_id, with_for_update=True)
        if draw.method != METHOD:
            # Asked for by another version of the program, whose fingerprints are of another form.
            draw.state, draw.cancelled_at = "cancelled", rt.now()
        if draw.state != "preparing" or (draw.taken_until is not None and draw.taken_until > rt.now()):
            return
        draw.taken_until = rt.now() + _TURN
        people = await candidates_of(session, draw_id)
    outcome = await _solved(rt, draw, people, watch)
    if outcome is None:
        return
    async with rt.transaction() as session:
        meeting = await lock_meeting(session, draw.meeting_id)
        draw = await session.get_one(Draw, draw_id, with_for_update=True)
        if meeting is None or draw.state != "preparing":
            return
        draw.step = draw.done = draw.taken_until = None
        people, margins = await candidates_of(session, draw_id), await newest_margins(session)
        if isinstance(outcome, Infeasible):
            _explain(draw, outcome, names_of(draw, people, margins))
            return
        keep_promise(draw, meeting, people, outcome, margins)


def keep_promise(
    draw: Draw, meeting: Meeting, people: Sequence[Candidate], lottery: Lottery, margins: Margins | None
) -> None:
    """The draw is ready, with the tickets that were found."""
    commitment = make_promise(draw, meeting, people, lottery, margins)
    draw.promise, draw.full_part, draw.digest = commitment.promise, commitment.full, commitment.digest
    draw.program = program().decode()
    draw.root = commitment.promise["root"]
    draw.state = "ready"


async def _solved(rt: Runtime, draw: Draw, people: Sequence[Candidate], watch: Watch) -> Lottery | Infeasible | None:
    """What the solver's thread finds, while this one stores how far it is; None when the draw was cancelled."""
    # The solver and what it calculates with are 30 MB that only a draw needs.
    from services.meetings.draw.solving import solve

    kinds = [kind_of_candidate(candidate) for candidate in people]
    pool = Pool.of(features_of(kinds), kinds)
    limits, tickets = limits_of_rows(draw.limits), tickets_for(draw.announced or {})
    solving = asyncio.create_task(
        asyncio.to_thread(solve, pool, limits, draw.seats, tickets=tickets, progress=watch)
    )  # fmt: skip
    try:
        while not (await asyncio.wait({solving}, timeout=_BEAT))[0]:
            if not await _still_mine(rt, draw.id, watch):
                return None
        return await solving
    except Infeasible as infeasible:
        return infeasible
    finally:
        # The thread ends at the solver's next word.
        watch.stopped = True
        solving.add_done_callback(lambda task: task.cancelled() or task.exception())


async def _still_mine(rt: Runtime, draw_id: UUID, watch: Watch) -> bool:
    """Store how far it is; False when the draw is no longer to be made."""
    async with rt.transaction() as session:
        values = {"step": watch.step, "done": watch.done, "taken_until": rt.now() + _TURN}
        mine = sa.update(Draw).where(Draw.id == draw_id, Draw.state == "preparing")
        return await session.scalar(mine.values(values).returning(Draw.id)) is not None


def _explain(draw: Draw, infeasible: Infeasible, names: Mapping[str, str]) -> None:
    """Which quotas stand against each other, and the smallest changes, in words."""
    draw.state = "infeasible"
    draw.relaxed = [
        {**row, "to_least": new.least, "to_most": new.most}
        for new in infeasible.relaxations
        for row in rows_of_limits([new.quota])
    ]
    draw.conflicts = [_in_words(sentence, names) for sentence in infeasible.conflicts]


def _in_words(sentence: str, names: Mapping[str, str]) -> str:
    for pair, words in names.items():
        feature, _, value = pair.partition("=")
        sentence = sentence.replace(f"{feature} «{value}»", f"{names[feature].capitalize()} «{words}»")
    return sentence
