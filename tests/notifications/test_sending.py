"""Mail once: states, fence and journal on real Postgres against a real SMTP server that misbehaves."""

import asyncio
import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.notifications.sending import claiming
from services.notifications.sending.claiming import Try
from services.notifications.sending.dispatching import Dispatcher, ask_for_cards
from shared.events.notifications import ContactCardMissing, MailPreferenceChanged, MessageFailed
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, outbox
from tests.notifications.ground import (
    SOON,
    Sink,
    card,
    confirmation,
    invitation,
    journal,
    lease_over,
    opened,
    states,
    text_of,
)


async def claimed(rt: Runtime) -> Try:
    """The one due message, claimed."""
    async with rt.transaction() as session:
        (row,) = await claiming.claim(session, 10, 60, rt.now())
    return Try(row.message.id, row.message.fence)


async def may_start(rt: Runtime, attempt: Try) -> bool:
    """Whether the journal lets the try go on to MAIL FROM."""
    return attempt in await journal(rt, [], [attempt])


async def test_an_event_delivered_twice_makes_one_mail_with_a_link_that_opens(rt: Runtime, sink: Sink) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    (event_id,) = await deliver(confirmation(member_id))
    await deliver(confirmation(member_id), sequence=1, event_id=event_id)
    assert await states(rt) == [("waiting", "no_card_yet")]
    await deliver(card(member_id))
    await Dispatcher().run(rt)
    await Dispatcher().run(rt)
    assert await states(rt) == [("sent", None)]
    (mail,) = sink.mails
    assert (mail["To"], mail["Auto-Submitted"]) == ("kari@example.org", "auto-generated")
    token = text_of(mail).split("/join/confirm/")[1].split()[0]
    assert rt.links.check("confirm", token, rt.now()).id == member_id


async def test_a_new_address_is_asked_by_a_letter_of_its_own(rt: Runtime, sink: Sink) -> None:
    change_id = new_id()
    request = confirmation(change_id).model_copy(update={"about": "address"})
    await Deliverer(rt)(card(change_id), request)
    await Dispatcher().run(rt)
    (mail,) = sink.mails
    assert mail["Subject"] == "Bekreft den nye e-postadressen din"
    token = text_of(mail).split("/me/address/")[1].split()[0]
    assert rt.links.check("confirm", token, rt.now()).id == change_id


async def test_invitations_wait_for_card_and_texts_and_can_be_unsubscribed_in_one_click(
    rt: Runtime, sink: Sink
) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    await deliver(invitation(member_id), card(member_id))
    assert await states(rt) == [("waiting", "no_card_yet")]
    await deliver(opened())
    await Dispatcher().run(rt)
    assert await states(rt) == [("sent", None)]
    content = sink.taken[0].content.decode()
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in content
    token = rt.links.make("unsubscribe", member_id, 1, SOON)
    async with browser(rt, headers={"Origin": ""}) as client:
        path = f"/mail/unsubscribe/surveys/{token}"
        assert (await client.get(path)).status_code == 200
        assert await outbox(rt, MailPreferenceChanged) == []
        assert (await client.post(path, data={"List-Unsubscribe": "One-Click"})).status_code == 200
        assert (await client.post("/mail/unsubscribe/surveys/k.AAAA")).status_code == 410
        button = re.search(r'method="post" action="([^"]+)"', (await client.get(path)).text)
        assert button is not None
        receipt = await client.post(button[1])
        assert receipt.status_code == 303
        assert "E-postene er stoppet" in (await client.get(receipt.headers["location"])).text
    event, _ = await outbox(rt, MailPreferenceChanged)
    assert isinstance(event, MailPreferenceChanged)
    assert (event.member_id, event.purpose, event.wanted) == (member_id, "surveys", False)


async def test_state_sent_again_makes_no_mail(rt: Runtime) -> None:
    await Deliverer(rt)(invitation(new_id()), replay=True)
    assert await states(rt) == []


@pytest.mark.parametrize(
    ("reply", "expected"),
    [("550 no such user", ("failed", "smtp_550")), ("451 later", ("pending", "smtp_451"))],
)
async def test_a_refusal_is_certain(rt: Runtime, sink: Sink, reply: str, expected: tuple[str, str]) -> None:
    member_id = new_id()
    sink.replies = [reply]
    await Deliverer(rt)(card(member_id), confirmation(member_id))
    await Dispatcher().run(rt)
    assert await states(rt) == [expected]
    assert len(await outbox(rt, MessageFailed)) == (1 if expected[0] == "failed" else 0)
    assert sink.taken == []


async def test_a_connection_lost_after_the_dot_is_unknown_and_never_sent_again_by_itself(
    rt: Runtime, sink: Sink
) -> None:
    member_id = new_id()
    sink.hang_up = True
    await Deliverer(rt)(card(member_id), opened(), invitation(member_id))
    await Dispatcher().run(rt)
    sink.hang_up = False
    await Dispatcher().run(rt)
    assert await states(rt) == [("unknown", "connection_lost")]
    assert len(sink.taken) == 1


@pytest.mark.parametrize(
    ("reached", "expected"), [("claimed", "pending"), ("started", "unknown"), ("accepted", "sent")]
)
async def test_a_crash_leaves_a_state_that_is_true(rt: Runtime, reached: str, expected: str) -> None:
    member_id = new_id()
    await Deliverer(rt)(card(member_id), opened(), invitation(member_id))
    claim = await claimed(rt)
    if reached != "claimed":
        assert await may_start(rt, claim)
    async with rt.transaction() as session:
        if reached == "accepted":
            await session.execute(sa.text("update notifications.journal set accepted_at = now()"))
    await lease_over(rt)
    async with rt.transaction() as session:
        await claiming.settle_overdue(session, rt.now())
    assert [state for state, _ in await states(rt)] == [expected]


async def test_a_worker_that_wakes_up_late_cannot_start_or_overwrite(rt: Runtime) -> None:
    member_id = new_id()
    await Deliverer(rt)(card(member_id), confirmation(member_id))
    late = await claimed(rt)
    await lease_over(rt)
    async with rt.transaction() as session:
        await claiming.settle_overdue(session, rt.now())
    now = await claimed(rt)
    assert (now.message_id, now.fence) == (late.message_id, late.fence + 1)
    assert not await may_start(rt, late)
    async with rt.transaction() as session:
        assert not await claiming.refuse(session, late, state="failed", reason="late")
    assert await states(rt) == [("sending", None)]


async def test_a_mail_in_hand_outlasts_the_claim_it_was_taken_with(rt: Runtime, sink: Sink) -> None:
    """The server may be slower than the lease of a claim: from the start on, the lease covers the longest hand-over."""
    member_id = new_id()
    await Deliverer(rt)(card(member_id), opened(), invitation(member_id))
    claim = await claimed(rt)
    assert await may_start(rt, claim)
    async with rt.transaction() as session:
        lease = await session.scalar(sa.text("select lease_until - clock_timestamp() from notifications.message"))
    assert lease is not None
    assert lease > timedelta(seconds=70)


async def test_what_comes_too_late_expires(rt: Runtime, sink: Sink) -> None:
    member_id = new_id()
    await Deliverer(rt)(card(member_id), confirmation(member_id))
    move(rt, timedelta(days=11))
    await Dispatcher().run(rt)
    assert await states(rt) == [("expired", "too_late")]
    assert sink.taken == []


async def test_a_missing_card_is_asked_for_once(rt: Runtime) -> None:
    await Deliverer(rt)(confirmation(new_id()))
    await ask_for_cards(rt)
    assert await outbox(rt, ContactCardMissing) == []
    async with rt.transaction() as session:
        await session.execute(sa.text("update notifications.message set created_at = now() - interval '2 minutes'"))
    await ask_for_cards(rt)
    await ask_for_cards(rt)
    assert len(await outbox(rt, ContactCardMissing)) == 1


@pytest.mark.parametrize("address", ["kåre@example.org", "kari..n@example.org", "kari.@example.org"])
async def test_an_address_no_server_takes_fails_alone(rt: Runtime, sink: Sink, address: str) -> None:
    deliver, odd, others = Deliverer(rt), new_id(), [new_id() for _ in range(6)]
    await deliver(opened(), card(odd, address), confirmation(odd))
    for member_id in others:
        await deliver(card(member_id), invitation(member_id))
    await Dispatcher().run(rt)
    assert await states(rt) == [("failed", "address_form"), *[("sent", None)] * len(others)]
    assert len(await outbox(rt, MessageFailed)) == 1


async def test_a_domain_with_norwegian_letters_is_sent_in_ascii(rt: Runtime, sink: Sink) -> None:
    member_id = new_id()
    await Deliverer(rt)(card(member_id, "kari@blåbær.example"), confirmation(member_id))
    await Dispatcher().run(rt)
    assert await states(rt) == [("sent", None)]
    assert sink.taken[0].rcpt_tos == ["kari@xn--blbr-roah.example"]


async def test_a_mail_that_cannot_be_written_stops_no_other(rt: Runtime, sink: Sink) -> None:
    deliver, broken, fine = Deliverer(rt), new_id(), new_id()
    await deliver(card(broken, "broken@example.org"), confirmation(broken), card(fine), confirmation(fine))

    def write_or_break(row: Any) -> bytes:
        if row.contact.email == "broken@example.org":
            raise RuntimeError(row.contact.email)
        return b"Subject: Hei\r\n\r\nHei"

    await Dispatcher(write=write_or_break).run(rt)
    assert await states(rt) == [("pending", "compose"), ("sent", None)]


async def test_accepted_after_the_lease_ran_out_is_sent_and_not_unknown(rt: Runtime) -> None:
    member_id = new_id()
    await Deliverer(rt)(card(member_id), opened(), invitation(member_id))
    claim = await claimed(rt)
    assert await may_start(rt, claim)
    await lease_over(rt)
    async with rt.transaction() as session:
        await claiming.settle_overdue(session, rt.now())
    assert await states(rt) == [("unknown", "interrupted")]
    await journal(rt, [claim], [])
    assert await states(rt) == [("sent", None)]


async def test_confirmation_goes_before_bulk_and_has_a_lane_of_its_own(rt: Runtime, sink: Sink) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    await deliver(card(member_id), opened(), invitation(member_id), confirmation(member_id))
    await Dispatcher(urgent=True).run(rt)
    assert await states(rt) == [("pending", None), ("sent", None)]
    await Dispatcher(urgent=False).run(rt)
    assert await states(rt) == [("sent", None), ("sent", None)]
    assert [mail["Subject"].split()[0] for mail in sink.mails] == ["Bekreft", "Ny"]


async def test_nothing_goes_out_while_sending_is_paused(rt: Runtime, sink: Sink) -> None:
    member_id = new_id()
    await Deliverer(rt)(card(member_id), confirmation(member_id))
    async with rt.transaction() as session:
        await claiming.set_paused(session, True, "start")
    await Dispatcher().run(rt)
    assert sink.taken == []
    async with rt.transaction() as session:
        await claiming.set_paused(session, False, "staff")
    await Dispatcher().run(rt)
    assert len(sink.taken) == 1


async def test_many_mails_over_kept_connections_each_arrive_once(rt: Runtime, sink: Sink) -> None:
    deliver, members = Deliverer(rt), [new_id() for _ in range(150)]
    await deliver(opened())
    for number, member_id in enumerate(members):
        await deliver(card(member_id, f"p{number}@example.org", name=f"Navn {number}"), invitation(member_id))
    await asyncio.gather(Dispatcher().run(rt), Dispatcher().run(rt))
    assert await states(rt) == [("sent", None)] * len(members)
    assert sorted(envelope.rcpt_tos[0] for envelope in sink.taken) == sorted(f"p{n}@example.org" for n in range(150))
    for mail in sink.mails:
        assert f"Navn {mail['To'][1:].partition('@')[0]}!" in text_of(mail)


async def test_a_process_that_is_stopped_finishes_the_mail_in_its_hands(rt: Runtime, sink: Sink) -> None:
    deliver = Deliverer(rt)
    await deliver(opened())
    for _ in range(20):
        member_id = new_id()
        await deliver(card(member_id), invitation(member_id))
    reached, go_on = sink.hold()
    running = asyncio.create_task(Dispatcher().run(rt))
    await asyncio.wait_for(reached.wait(), 10)
    running.cancel()
    go_on.set()
    await asyncio.wait([running], timeout=10)
    counts = Counter(state for state, _ in await states(rt))
    assert counts["sent"] == len(sink.taken) > 0
    assert counts["pending"] == 20 - counts["sent"]
