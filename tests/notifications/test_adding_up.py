"""Whatever happens in whatever order: every message is in one state, and nothing bulk is sent twice."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from services.notifications.deliveries import counting
from services.notifications.sending import claiming
from services.notifications.sending.claiming import Try
from services.notifications.sending.dispatching import Dispatcher
from services.notifications.tables import Message
from shared.events import Event
from shared.events.registration import ContactRemoved, MemberErased, MemberLeft
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer
from tests.conftest import empty
from tests.notifications.ground import (
    NOW,
    RuntimeOf,
    Sink,
    answered,
    card,
    confirmation,
    invitation,
    journal,
    lease_over,
    opened,
    reminder,
    wishes,
)

STEPS = (
    "invite", "remind", "confirm", "card", "new_address", "open", "answer", "want", "do_not_want", "pause_member",
    "leave", "remove", "erase", "dispatch", "refuse", "refuse_later", "hang_up", "crash_claimed", "crash_started",
    "lease_over", "pause", "resume", "decide_sent", "decide_again",
)  # fmt: skip


class World:
    """Three members, one survey, and a mail server, played step by step."""

    def __init__(self, rt: Runtime, sink: Sink) -> None:
        self.rt = rt
        self.sink = sink
        self.deliver = Deliverer(rt)
        self.members = [new_id() for _ in range(3)]
        self.invitations = [invitation(member_id) for member_id in self.members]
        self.resent_by_staff = 0

    async def play(self, step: str, who: int) -> None:
        member_id, issued_event = self.members[who], self.invitations[who]
        events: dict[str, Callable[[], Event]] = {
            "invite": lambda: issued_event,
            "remind": lambda: reminder(issued_event),
            "confirm": lambda: confirmation(member_id),
            "card": lambda: card(member_id, f"p{who}@example.org"),
            "new_address": lambda: card(member_id, f"q{who}@example.org"),
            "open": opened,
            "answer": lambda: answered(issued_event),
            "want": lambda: wishes(member_id, "surveys"),
            "do_not_want": lambda: wishes(member_id, "results"),
            "pause_member": lambda: wishes(member_id, "surveys", status="paused"),
            "leave": lambda: MemberLeft(member_id=member_id, left_at=NOW),
            "remove": lambda: ContactRemoved(member_id=member_id),
            "erase": lambda: MemberErased(member_id=member_id, erased_at=NOW),
        }
        if step in events:
            await self.deliver(events[step]())
        elif step in ("dispatch", "refuse", "refuse_later", "hang_up"):
            await self._dispatch(step)
        else:
            await self._worker(step)

    async def _dispatch(self, step: str) -> None:
        self.sink.replies = {"refuse": ["550 5.1.1 gone"], "refuse_later": ["451 later"]}.get(step, [])
        self.sink.hang_up = step == "hang_up"
        await Dispatcher().run(self.rt)
        self.sink.hang_up, self.sink.replies = False, []

    async def _worker(self, step: str) -> None:
        if step == "lease_over":
            await lease_over(self.rt)
            return
        claimed: list[Try] = []
        async with self.rt.transaction() as session:
            if step in ("pause", "resume"):
                await claiming.set_paused(session, step == "pause", "staff")
            elif step.startswith("crash"):
                rows = await claiming.claim(session, 1, 60, self.rt.now())
                claimed = [Try(row.message.id, row.message.fence) for row in rows]
            else:
                unknown = list(await session.scalars(sa.select(Message.id).where(Message.state == "unknown")))
                again = step == "decide_again"
                settled = await counting.decide_unknown(session, unknown, "pending" if again else "sent", "staff")
                self.resent_by_staff += len(settled) if again else 0
        if step == "crash_started":
            await journal(self.rt, [], claimed)

    async def check(self) -> None:
        """Created is the sum of the states, per line of the report and in all; bulk mail goes out at most once."""
        async with self.rt.transaction() as session:
            created = await session.scalar(sa.select(sa.func.count()).select_from(Message))
            lines = await counting.report(session)
            sums = await counting.overview(session)
            bulk = set(await session.scalars(sa.select(Message.id).where(Message.urgent.is_(False))))
        assert sum(line.created for line in lines) == sum(sums.counts.values()) == created
        deliveries = Counter(str(mail["Message-ID"]).strip("<>").partition("@")[0] for mail in self.sink.mails)
        doubled = sum(n - 1 for message_id, n in deliveries.items() if message_id in {str(message) for message in bulk})
        assert doubled <= self.resent_by_staff


@pytest.fixture
async def world_of(runtime_of: RuntimeOf, sink: Sink) -> Any:
    rt = await runtime_of("notifications", smtp_url=SecretStr(f"smtp://127.0.0.1:{sink.port}"))

    async def make() -> World:
        await empty(rt)
        sink.taken.clear()
        return World(rt, sink)

    return make


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(steps=[("hang_up", 0), ("dispatch", 0), ("decide_again", 0), ("dispatch", 0)])
@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 2)), min_size=5, max_size=20))
async def test_created_is_the_sum_of_all_states_after_every_step(world_of: Any, steps: list[tuple[str, int]]) -> None:
    world: World = await world_of()
    for step, who in [("open", 0), ("card", 0), ("invite", 0), *steps]:
        await world.play(step, who)
        await world.check()
    await world.play("resume", 0)
    await lease_over(world.rt)
    await world.play("dispatch", 0)
    await world.check()
    async with world.rt.transaction() as session:
        stuck = await session.scalar(
            sa.select(sa.func.count())
            .select_from(Message)
            .where(
                Message.state.in_(["pending", "sending"]),
                sa.or_(Message.not_before.is_(None), Message.not_before <= sa.func.clock_timestamp()),
            )
        )
    assert stuck == 0
