"""What staff may send who was imported, and what they are told of members that turn out to share a mailbox."""

import httpx
import sqlalchemy as sa

from services.registration.tables import Member
from shared.events.registration import MemberWelcomeDue
from shared.service import Runtime
from shared.testing import outbox
from tests.registration.given import a_member
from tests.registration.test_staff_pages import audited, people, preview


async def test_people_of_a_file_are_welcomed_on_request_and_once(rt: Runtime, editor: httpx.AsyncClient) -> None:
    page = await preview(editor, people(3))
    assert "purpose=welcome" in page.text
    consents = {"purposes": ["surveys"], "reference": "arkivsak 25/1", "welcome": "yes"}
    for _ in range(2):
        await editor.post(str(page.url), data=consents, follow_redirects=True)
    due = await outbox(rt, MemberWelcomeDue)
    assert len({event.subject for event in due}) == len(due) == 3
    (row,) = [row for row in await audited(rt) if row[0] == "registration.members.imported"]
    assert row[2]["welcome"] is True


async def test_two_members_with_one_mailbox_are_told_of_until_somebody_decides(
    rt: Runtime, editor: httpx.AsyncClient
) -> None:
    member_id, other = (
        await a_member(editor, rt, email="per@example.org"),
        await a_member(editor, rt, email="o@example.org"),
    )
    card = "/staff/registration/card"
    assert "deler postkasse" not in (await editor.get(card)).text
    async with rt.transaction() as session:
        old = "per@exam\u200bple.org"
        await session.execute(sa.update(Member).where(Member.id == other).values(email=old, email_key=old))
    assert "2 medlemmer deler postkasse" in (await editor.get(card)).text
    listed = (await editor.get("/staff/registration/members?mailbox=yes")).text
    assert str(member_id) in listed
    assert str(other) in listed
    assert str(member_id) in (await editor.get(f"/staff/registration/members/{other}")).text
    await editor.post(f"/staff/registration/members/{other}/erase", data={"sure": "yes"})
    assert "deler postkasse" not in (await editor.get(card)).text


async def test_staff_see_what_a_file_says_of_each_persons_consents(editor: httpx.AsyncClient) -> None:
    template = await editor.get("/staff/registration/import/template")
    assert "<td>undersøkelser, " in (await preview(editor, template.content)).text


async def test_a_file_of_mistakes_only_leads_to_another_file(editor: httpx.AsyncClient) -> None:
    page = await preview(editor, b"navn;epost;fodselsar;kjonn;postnummer\n;uten@example.org;1980;mann;1353")
    assert "0 rader kan importeres." in page.text
    assert "Velg en annen fil" in page.text
