"""Staff send themselves the invitation to a survey that does not exist yet: the real mail, few, soon forgotten."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from services.notifications.people.correspondents import forget_correspondents
from services.notifications.sending.dispatching import Dispatcher
from services.notifications.tables import Correspondent, Message
from shared.service import Runtime
from shared.testing import browser, move, sign_in
from tests.notifications.ground import Sink, text_of

ASKED = {
    "questionnaire": "nabolaget-1a2b3c",
    "language": "nb",
    "title": "Nabolaget vårt",
    "topic": "nabolaget",
    "introduction": "Vi vil gjøre det bedre.",
    "minutes": "3",
    "email": "siri@kommunen.example",
}


async def test_the_mail_is_the_one_residents_get_and_its_link_opens_the_trial(rt: Runtime, sink: Sink) -> None:
    async with browser(rt) as staff:
        sign_in(rt, staff, "editor")
        page = await staff.post("/staff/notifications/trial", data=ASKED)
    receipt = "/staff/surveys/questionnaires/nabolaget-1a2b3c?language=nb&saved=trial"
    assert (page.status_code, page.headers["location"]) == (303, receipt)
    await Dispatcher(urgent=True).run(rt)
    (mail,) = sink.mails
    assert mail["To"] == "siri@kommunen.example"
    assert mail["Subject"].startswith("Ny undersøkelse om nabolaget: 3 minutter, til ")
    assert "Vi vil gjøre det bedre." in text_of(mail)
    assert "/staff/surveys/try/nabolaget-1a2b3c?language=nb" in text_of(mail)
    assert "List-Unsubscribe" not in mail
    async with rt.transaction() as session:
        trail = (await session.execute(sa.text("select * from notifications.audit_entry"))).all()
    assert [row.action for row in trail] == ["notifications.trial.sent"]
    assert "siri@" not in str(trail)


async def test_the_address_and_the_texts_are_forgotten_the_next_day(rt: Runtime) -> None:
    async with browser(rt) as staff:
        sign_in(rt, staff, "editor")
        await staff.post("/staff/notifications/trial", data=ASKED)
    await forget_correspondents(rt)
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(Correspondent.email)) == "siri@kommunen.example"
    move(rt, timedelta(days=1, hours=1))
    await forget_correspondents(rt)
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(Correspondent.email)) is None
        assert await session.scalar(sa.select(Message.content)) is None


@pytest.mark.parametrize(
    ("addresses", "most"),
    [
        # One mailbox, however it is spelled.
        (["siri@kommunen.example", "Siri@kommunen.example", "SIRI@Kommunen.Example"] * 3, 6),
        ([f"siri{number}@kommunen.example" for number in range(12)], 10),
    ],
)
async def test_one_person_can_send_few_and_an_address_gets_few(rt: Runtime, addresses: list[str], most: int) -> None:
    async with browser(rt) as staff:
        sign_in(rt, staff, "editor")
        answers = [await staff.post("/staff/notifications/trial", data=ASKED | {"email": to}) for to in addresses]
    assert [answer.status_code for answer in answers] == [303] * most + [429] * (len(addresses) - most)


@pytest.mark.parametrize(
    ("wrong", "status", "words"),
    [
        ({"email": "ingen adresse"}, 422, "Skriv e-postadressen din"),
        ({"email": ""}, 422, "Skriv e-postadressen din"),
        ({"email": "a@b.example\r\nBcc: x@y.example"}, 422, "Skriv e-postadressen din"),
        ({"questionnaire": "../../ut"}, 422, ""),
        ({"minutes": "mange"}, 422, ""),
    ],
)
async def test_what_cannot_be_sent_is_said(rt: Runtime, wrong: dict[str, str], status: int, words: str) -> None:
    async with browser(rt) as staff:
        sign_in(rt, staff, "editor")
        page = await staff.post("/staff/notifications/trial", data=ASKED | wrong)
    assert page.status_code == status
    assert words in page.text
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(Message)) == 0


async def test_only_who_may_send_surveys_sends_one(rt: Runtime) -> None:
    async with browser(rt) as staff:
        sign_in(rt, staff, "reader")
        assert (await staff.post("/staff/notifications/trial", data=ASKED)).status_code == 403
