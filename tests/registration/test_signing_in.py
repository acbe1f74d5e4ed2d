"""Sessions that end, links of two budgets, and pages that tell nobody who is a member."""

import json
import re

import pytest
import sqlalchemy as sa

from services.registration.signing_in.sending import MOST_AN_HOUR, forget_asked, send_links
from services.registration.signing_in.sessions import forget_old_sessions
from services.registration.tables import MemberSession, SignInAsked
from shared.events.registration import SignInRequested
from shared.service import Runtime
from shared.testing import browser, outbox
from tests.registration.given import DETAILS, a_member, link, signed_in


async def test_signing_out_ends_the_session_also_for_a_copied_cookie(rt: Runtime) -> None:
    async with browser(rt) as own, browser(rt) as thief:
        member_id = await signed_in(own, rt)
        thief.cookies.update(own.cookies)
        assert "Opplysningene mine" in (await thief.get(f"/me?id={member_id}")).text
        await own.post("/me/sign-out", data={"id": str(member_id)})
        for path in ("/me", "/me/details", "/me/data", "/me/leave"):
            page = await thief.get(f"{path}?id={member_id}", follow_redirects=True)
            assert "Kari" not in page.text, path


async def test_signing_out_everywhere_ends_every_session_and_here_only_this_one(rt: Runtime) -> None:
    async with browser(rt) as phone, browser(rt) as tablet, browser(rt) as library:
        member_id = await signed_in(phone, rt)
        me = {"id": str(member_id)}
        for client in (tablet, library):
            await client.get(f"/me/sign-in/{await link(client, rt)}")
            await client.post("/me/sign-in", data=me)
        await library.post("/me/sign-out", data=me)
        assert "Opplysningene mine" in (await tablet.get("/me", follow_redirects=True)).text
        await phone.post("/me/sign-out", data={**me, "everywhere": "yes"})
        for client in (phone, tablet, library):
            assert "Opplysningene mine" not in (await client.get(f"/me?id={member_id}")).text
        stranger = await tablet.post("/me/sign-out", data={**me, "everywhere": "yes"})
        assert stranger.status_code == 303


async def test_who_signs_out_on_a_shared_tablet_reads_that_and_not_the_others_page(rt: Runtime) -> None:
    async with browser(rt, follow_redirects=False) as tablet:
        kari = await signed_in(tablet, rt)
        ola = await a_member(tablet, rt, email="ola@example.org", name="Ola Prøve")
        await tablet.get(f"/me/sign-in/{await link(tablet, rt, 'ola@example.org')}")
        await tablet.post("/me/sign-in", data={"id": str(ola)})
        out = await tablet.post("/me/sign-out", data={"id": str(kari)}, follow_redirects=True)
        assert "Du er logget ut" in out.text
        assert "Ola Prøve" not in out.text
        assert "Ola Prøve" in (await tablet.get("/me", follow_redirects=True)).text


async def test_a_session_ends_with_its_hour(rt: Runtime) -> None:
    async with browser(rt) as client:
        member_id = await signed_in(client, rt)
        await forget_old_sessions(rt)
        assert "Opplysningene mine" in (await client.get(f"/me?id={member_id}")).text
        async with rt.transaction() as session:
            earlier = MemberSession.signed_in_at - sa.text("interval '61 minutes'")
            await session.execute(sa.update(MemberSession).values(signed_in_at=earlier))
        await forget_old_sessions(rt)
        assert "Opplysningene mine" not in (await client.get(f"/me?id={member_id}")).text


async def test_asking_for_a_link_does_the_same_for_a_stranger_and_a_job_looks_it_up(rt: Runtime) -> None:
    async with browser(rt) as client:
        await a_member(client, rt)
        for email in ("kari@example.org", "ukjent@example.org"):
            await client.post("/me/ask", data={"email": email})
    assert await outbox(rt, SignInRequested) == [], "what a member alone costs would tell by the clock"
    async with rt.transaction() as session:
        rows = await session.execute(sa.select(SignInAsked.email_key, SignInAsked.known, SignInAsked.sent))
        assert sorted(map(tuple, rows)) == [("kari@example.org", False, None), ("ukjent@example.org", False, None)]
    await send_links(rt)
    assert len(await outbox(rt, SignInRequested)) == 1
    async with rt.transaction() as session:
        await session.execute(sa.update(SignInAsked).values(asked_at=SignInAsked.asked_at - sa.text("interval '1 h'")))
    await forget_asked(rt)
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(SignInAsked)) == 0


async def test_a_stranger_does_not_use_up_a_members_links(rt: Runtime) -> None:
    async with browser(rt) as own, browser(rt) as stranger:
        await signed_in(own, rt)
        before = len(await outbox(rt, SignInRequested))
        for _ in range(MOST_AN_HOUR + 3):
            await stranger.post("/me/ask", data={"email": "kari@example.org"})
        await send_links(rt)
        most = len(await outbox(rt, SignInRequested))
        assert most - before == MOST_AN_HOUR - 1, "the first was asked for before anybody knew the browser"
        for _ in range(MOST_AN_HOUR + 1):
            await own.post("/me/ask", data={"email": "KARI@example.org"})
        await send_links(rt)
        assert len(await outbox(rt, SignInRequested)) - most == MOST_AN_HOUR


@pytest.mark.parametrize("taken", [True, False])
async def test_a_new_address_waits_alike_whoever_has_it(rt: Runtime, taken: bool) -> None:
    """The form must not say who is a member: not on the page, in the file or by being asked twice."""
    async with browser(rt) as client:
        if taken:
            await a_member(client, rt, email="per@example.org")
        member_id = await signed_in(client, rt)
        for _ in range(2):
            await client.post("/me/details", data={"id": str(member_id), **DETAILS, "email": "per@example.org"})
            page = (await client.get(f"/me?id={member_id}")).text
            assert "per@example.org venter på bekreftelse" in page
        data = json.loads((await client.get(f"/me/data?id={member_id}")).content)
        assert data["email_waiting_for_confirmation"] == "per@example.org"


async def test_details_typed_before_the_session_ended_are_kept(rt: Runtime) -> None:
    async with browser(rt) as client:
        member_id = await signed_in(client, rt)
        await client.post("/me/sign-out", data={"id": str(member_id)})
        page = await client.post("/me/details", data={"id": str(member_id), **DETAILS, "name": "Kari Ny"})
    assert page.status_code == 401
    assert 'value="Kari Ny"' in page.text
    assert "Ingenting er lagret ennå" in page.text


async def test_a_link_whose_page_is_opened_in_another_browser_is_not_said_to_be_used(rt: Runtime) -> None:
    async with browser(rt) as client, browser(rt) as other:
        await a_member(client, rt)
        token = await link(client, rt)
        there = (await client.get(f"/me/sign-in/{token}")).headers["location"]
        page = await other.get(there)
        assert "Åpne lenken på nytt" in page.text
        assert not re.search("brukt", page.text)
        assert "Logg inn på Min side" in (await other.get(f"/me/sign-in/{token}", follow_redirects=True)).text
