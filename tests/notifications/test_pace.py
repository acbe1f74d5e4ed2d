"""When mail rests: quiet hours, a limit a minute, a start that is paused, tries that have an end."""

import asyncio
from collections import Counter
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from deploy.local.process import free_ports
from services.notifications.sending import claiming
from services.notifications.sending.dispatching import Dispatcher, forget_journal
from services.notifications.sending.handing_over import Certain, Line
from services.notifications.settings import NotificationSettings
from services.notifications.tables import Journal
from shared.events.notifications import MessageFailed
from shared.ids import new_id
from shared.service import Runtime
from shared.settings import Settings
from shared.testing import Deliverer, move, outbox
from tests.notifications.ground import RuntimeOf, Sink, card, confirmation, invitation, opened, states


async def both_kinds(rt: Runtime, bulk: int = 1) -> None:
    deliver = Deliverer(rt)
    await deliver(opened())
    for _ in range(bulk):
        member_id = new_id()
        await deliver(card(member_id), invitation(member_id))
    await deliver(card(member_id), confirmation(member_id))


async def test_bulk_mail_rests_in_quiet_hours_and_sign_in_does_not(rt: Runtime, sink: Sink) -> None:
    await both_kinds(rt)
    local = rt.now().astimezone(rt.settings.zone)
    hours: dict[str, Any] = {
        "quiet_from": (local - timedelta(hours=1)).time(),
        "quiet_to": (local + timedelta(hours=1)).time(),
    }
    dispatcher = Dispatcher(settings=NotificationSettings(**hours))
    await dispatcher.run(rt)
    assert await states(rt) == [("pending", None), ("sent", None)]
    await Dispatcher(urgent=False, settings=NotificationSettings(**hours)).run(rt)
    assert len(sink.taken) == 1
    move(rt, timedelta(hours=2))
    await dispatcher.run(rt)
    assert await states(rt) == [("sent", None), ("sent", None)]


async def test_so_many_bulk_mails_a_minute_from_all_processes_and_no_more(rt: Runtime, sink: Sink) -> None:
    await both_kinds(rt, bulk=9)
    paced = NotificationSettings(per_minute=5, batch=3)
    await asyncio.gather(*(Dispatcher(settings=paced).run(rt) for _ in range(2)))
    # A dispatcher that has just been started has no minute of its own.
    await Dispatcher(settings=paced).run(rt)
    outcomes = [state for state, _ in await states(rt)]
    assert (outcomes.count("sent"), outcomes.count("pending")) in {(6, 4), (10, 0)}, (
        "10 when the minute changed on the way"
    )
    assert outcomes[-1] == "sent"


async def test_a_pause_stops_the_batch_that_is_under_way(rt: Runtime, sink: Sink) -> None:
    await both_kinds(rt, bulk=20)
    reached, go_on = sink.hold()
    running = asyncio.create_task(Dispatcher(urgent=False).run(rt))
    await asyncio.wait_for(reached.wait(), 10)
    async with rt.transaction() as session:
        await claiming.set_paused(session, True, "staff")
    go_on.set()
    await running
    counts = Counter(state for state, _ in await states(rt))
    assert counts["sent"] == len(sink.taken) <= NotificationSettings().connections
    assert counts["pending"] == 21 - counts["sent"]


async def test_a_start_that_is_paused_waits_for_staff(rt: Runtime, sink: Sink) -> None:
    await both_kinds(rt)
    await Dispatcher(settings=NotificationSettings(paused=True)).run(rt)
    await Dispatcher().run(rt)
    assert await states(rt) == [("pending", None)] * 2
    assert sink.taken == []


async def test_tries_have_an_end_and_staff_and_registration_hear_of_it(rt: Runtime, sink: Sink) -> None:
    member_id = new_id()
    await Deliverer(rt)(card(member_id), opened(), invitation(member_id))
    sink.replies = ["451 later"]
    await Dispatcher(settings=NotificationSettings(most_tries=1)).run(rt)
    assert await states(rt) == [("failed", "smtp_451")]
    assert len(await outbox(rt, MessageFailed)) == 1


async def test_a_server_that_is_away_or_refuses_us_costs_no_mail(rt: Runtime, sink: Sink) -> None:
    """It is about us, so the tries have no end but the time the mail is of interest."""
    member_id = new_id()
    await Deliverer(rt)(card(member_id), opened(), invitation(member_id))

    async def refuse(*_: object) -> str:
        return "550 we do not know you"

    sink.handle_MAIL = refuse  # type: ignore[attr-defined]
    await Dispatcher(settings=NotificationSettings(most_tries=1)).run(rt)
    assert await states(rt) == [("pending", "sender_550")]
    assert await outbox(rt, MessageFailed) == []


async def test_the_journal_of_settled_mail_is_forgotten_and_that_of_uncertain_mail_kept(
    rt: Runtime, sink: Sink
) -> None:
    await both_kinds(rt)
    await Dispatcher(urgent=True).run(rt)
    sink.hang_up = True
    await Dispatcher().run(rt)
    async with rt.transaction() as session:
        await session.execute(sa.text("update notifications.journal set started_at = now() - interval '61 days'"))
    await forget_journal(rt)
    async with rt.transaction() as session:
        assert len((await session.scalars(sa.select(Journal))).all()) == 1
    assert sorted(await states(rt)) == [("sent", None), ("unknown", "connection_lost")]


async def test_never_more_mails_are_uncertain_than_there_are_connections(rt: Runtime, sink: Sink) -> None:
    """Whenever the process may be killed: what is started and not journaled as accepted would be unknown."""
    await both_kinds(rt, bulk=40)
    loop, take, open_steps = asyncio.get_running_loop(), sink.handle_DATA, []

    async def count() -> int:
        async with rt.transaction() as session:
            value = await session.scalar(
                sa.select(sa.func.count()).select_from(Journal).where(Journal.accepted_at.is_(None))
            )
        return value or 0

    async def watched(server: Any, session: Any, envelope: Any) -> str:
        open_steps.append(await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(count(), loop)))
        return await take(server, session, envelope)

    sink.handle_DATA = watched  # type: ignore[method-assign]
    await Dispatcher(settings=NotificationSettings(connections=3)).run(rt)
    assert [state for state, _ in await states(rt)] == ["sent"] * 41
    assert 1 <= max(open_steps) <= 3


async def test_a_server_that_is_away_is_not_asked_once_for_every_mail(runtime_of: RuntimeOf) -> None:
    (nobody,) = free_ports(1)
    rt = await runtime_of("notifications", smtp_url=SecretStr(f"smtp://127.0.0.1:{nobody}"))
    await both_kinds(rt, bulk=30)
    dispatcher = Dispatcher(urgent=False, settings=NotificationSettings(connections=3))
    await dispatcher.run(rt)
    await dispatcher.run(rt)
    async with rt.transaction() as session:
        assert len((await session.scalars(sa.select(Journal))).all()) == 3
        tries = await session.scalar(sa.text("select sum(tries) from notifications.message"))
    assert tries == 3
    assert [state for state, _ in await states(rt)] == ["pending"] * 31


async def test_a_server_that_hangs_up_after_the_data_makes_few_mails_uncertain(rt: Runtime, sink: Sink) -> None:
    await both_kinds(rt, bulk=30)
    sink.hang_up = True
    dispatcher = Dispatcher(urgent=False, settings=NotificationSettings(connections=3))
    await dispatcher.run(rt)
    await dispatcher.run(rt)
    assert Counter(state for state, _ in await states(rt)) == {"unknown": 3, "pending": 28}
    sink.hang_up = False
    await Dispatcher().run(rt)
    assert Counter(state for state, _ in await states(rt)) == {"unknown": 3, "sent": 28}


async def test_an_envelope_the_server_keeps_after_a_refusal_is_no_matter_for_the_next_mail() -> None:
    """A server that says no to DATA itself still holds MAIL and RCPT, and a second MAIL would be refused."""
    refusals = ["451 busy"]

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nested = False
        writer.write(b"220 hi\r\n")
        while line := (await reader.readline()).decode().upper():
            answer = "250 ok"
            if line.startswith("MAIL"):
                answer, nested = ("503 nested" if nested else answer), True
            elif line.startswith("RSET"):
                nested = False
            elif line.startswith("DATA"):
                answer = refusals.pop() if refusals else "354 go on"
                if answer.startswith("354"):
                    writer.write(b"354 go on\r\n")
                    await reader.readuntil(b"\r\n.\r\n")
                    answer, nested = "250 ok", False
            writer.write(f"{answer}\r\n".encode())
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        line = Line(f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", 10)
        with pytest.raises(Certain, match="smtp_451"):
            await line.send("panel@example.org", "kari@example.org", b"Subject: Hei\r\n\r\nHei")
        await line.send("panel@example.org", "kari@example.org", b"Subject: Hei\r\n\r\nHei")
        line.close()


@pytest.mark.parametrize(
    ("address", "goes"),
    [("smtp://", True), ("smtp://panel:secret@", False), ("smtp+starttls://", False), ("smtps://", False)],
)
async def test_mail_that_must_be_encrypted_is_not_given_to_a_server_that_cannot(
    sink: Sink, address: str, goes: bool
) -> None:
    settings = Settings(smtp_url=SecretStr(f"{address}127.0.0.1:{sink.port}"))
    line = Line(settings.smtp_url.get_secret_value(), 10)
    with nullcontext() if goes else pytest.raises(Certain, match="connection"):
        await line.send("panel@example.org", "kari@example.org", b"Subject: Hei\r\n\r\nHei")
    line.close()
    assert len(sink.taken) == goes
