"""The staff's side of deliveries: nothing about a person, everything adds up, every deed is audited."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from httpx import AsyncClient

from services.notifications.__main__ import settle
from services.notifications.deliveries.staff import STATE_NAMES
from services.notifications.sending.dispatching import Dispatcher
from services.notifications.tables import Message
from shared.ids import new_id
from shared.mechanism import mechanism
from shared.service import Runtime
from shared.testing import Deliverer
from tests.notifications.ground import SURVEY, Sink, card, confirmation, invitation, opened, states

LIST = "/staff/notifications/messages"


async def invite(rt: Runtime, members: int) -> None:
    deliver = Deliverer(rt)
    await deliver(opened())
    for _ in range(members):
        member_id = new_id()
        await deliver(card(member_id), invitation(member_id))


async def make_unknown(rt: Runtime, sink: Sink, members: int) -> list[UUID]:
    await invite(rt, members)
    sink.hang_up = True
    await Dispatcher().run(rt)
    sink.hang_up = False
    async with rt.transaction() as session:
        return list(await session.scalars(sa.select(Message.id).where(Message.state == "unknown")))


async def deeds(rt: Runtime) -> list[str]:
    table = mechanism("notifications").audit_entry
    async with rt.transaction() as session:
        return list(await session.scalars(sa.select(table.c.action).order_by(table.c.at)))


async def test_the_overview_and_the_list_show_counts_and_no_person(
    rt: Runtime, sink: Sink, editor: AsyncClient
) -> None:
    await invite(rt, 60)
    member_id = new_id()
    await Deliverer(rt)(confirmation(member_id))
    page = (await editor.get("/staff/notifications")).text
    assert "Invitasjon til undersøkelse: Klima" in page
    heads = re.findall(r'<th scope="col" class="panel-figure">([^<]+)</th>', page)
    assert heads == ["Laget", STATE_NAMES["waiting"], STATE_NAMES["pending"]], "no column of noughts alone"
    first, second = (await editor.get(f"{LIST}?state=pending")).text, (await editor.get(f"{LIST}?state=pending&page=2"))
    assert "60 e-poster" in first
    assert "Side 1 av 2" in first
    assert first.count("<tr><td>") == 50
    assert second.text.count("<tr><td>") == 10
    assert "Ingen e-poster passer" in (await editor.get(f"{LIST}?state=sent")).text
    assert (await editor.get(f"{LIST}?about={SURVEY}&purpose=confirm")).text.count("<tr><td>") == 0
    for text in (page, first, second.text):
        assert "example.org" not in text.replace("innbyggerpanel@example.org", "")
        assert "Kari" not in text
        assert str(member_id) not in text


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_the_list_is_a_file_too(rt: Runtime, editor: AsyncClient, form: str) -> None:
    await invite(rt, 3)
    answer = await editor.get(f"{LIST}?form={form}&state=pending")
    assert answer.status_code == 200
    assert f"utsendinger.{form}" in answer.headers["content-disposition"]
    if form == "csv":
        assert answer.text.count("Invitasjon til undersøkelse;Klima;I kø") == 3
    assert "3 e-poster" in (await editor.get(f"{LIST}?form=exe")).text
    assert await deeds(rt) == ["notifications.messages.exported"]


async def test_staff_settle_uncertain_mail_one_way_or_the_other(rt: Runtime, sink: Sink, editor: AsyncClient) -> None:
    first, second, third = await make_unknown(rt, sink, 3)
    assert "3 e-poster kan være sendt eller ikke" in (await editor.get("/staff/notifications/card")).text
    post: dict[str, Any] = {"url": "/staff/notifications/unknown"}
    none = await editor.post(**post, data={"action": "sent"}, follow_redirects=True)
    assert "Du har ikke valgt noen e-poster" in none.text
    page = await editor.post(**post, data={"id": [str(first)], "action": "sent"}, follow_redirects=True)
    assert "De valgte e-postene står nå som sendt." in page.text
    preview = await editor.post(**post, data={"id": [str(second), "nonsense"], "action": "again"})
    assert "Send 1 e-post på nytt?" in preview.text
    assert sorted(state for state, _ in await states(rt)) == ["sent", "unknown", "unknown"]
    await editor.post(**post, data={"id": [str(second)], "action": "again_for_sure"})
    await editor.post(**post, data={"id": [str(second)], "action": "again_for_sure"})
    await Dispatcher().run(rt)
    async with rt.transaction() as session:
        states_now = {row.id: row.state for row in await session.execute(sa.select(Message.id, Message.state))}
    assert states_now == {first: "sent", second: "sent", third: "unknown"}
    assert len(sink.taken) == 4
    assert await deeds(rt) == [
        "notifications.message.settled_as_sent",
        "notifications.message.settled_as_pending",
    ]


async def test_staff_pause_and_resume_everything(rt: Runtime, sink: Sink, editor: AsyncClient) -> None:
    await invite(rt, 2)
    for _ in range(2):
        assert (await editor.post("/staff/notifications/sending", data={"action": "pause"})).status_code == 303
    await Dispatcher().run(rt)
    assert sink.taken == []
    assert "Utsendingen er stoppet" in (await editor.get("/staff/notifications")).text
    assert "Utsendingen er stoppet" in (await editor.get("/staff/notifications/card")).text
    assert "2 e-poster i køen" in (await editor.get("/staff/notifications/resume")).text
    resumed = await editor.post("/staff/notifications/sending", data={"action": "resume"}, follow_redirects=True)
    assert "Utsendingen er i gang igjen." in resumed.text
    await Dispatcher().run(rt)
    assert len(sink.taken) == 2
    assert await deeds(rt) == ["notifications.sending.paused", "notifications.sending.resumed"]
    assert "startet utsendingen" in (await editor.get("/staff/notifications")).text
    assert (await editor.post("/staff/notifications/sending", data={"action": "burn"})).status_code == 400


@pytest.mark.parametrize(
    ("resend", "expected"),
    [
        (False, {"sent": 1, "failed": 1, "sent_again": 0, "unknown": 1}),
        (True, {"sent": 1, "failed": 1, "sent_again": 1, "unknown": 0}),
    ],
)
async def test_uncertain_mail_is_settled_by_the_relays_log(
    rt: Runtime, sink: Sink, tmp_path: Path, resend: bool, expected: dict[str, int]
) -> None:
    first, second, _ = await make_unknown(rt, sink, 3)
    log = tmp_path / "mail.log"
    log.write_text(
        f"Mar  3 postfix/cleanup[2]: 4F1A: message-id=<{first}@example.org>\n"
        "Mar  3 postfix/smtp[3]: 4F1A: to=<x>, status=sent (250 ok)\n"
        f'{{"message_id": "<{second}@example.org>", "status": "bounced"}}\n'
        f"Mar  3 postfix/cleanup[2]: 9999: message-id=<{new_id()}@example.org>\n"
    )
    assert await settle(rt, log, resend_missing=resend) == expected
    assert await settle(rt, log, resend_missing=False) == {"sent": 0, "failed": 0, "sent_again": 0} | {
        "unknown": expected["unknown"]
    }
