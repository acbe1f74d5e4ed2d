"""The own page: sign in once per link, see what one was asked, leave."""

from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
import sqlalchemy as sa

from services.meetings import verify
from services.registration.erasing import erase
from services.registration.signing_in.sending import send_links
from services.registration.store import lock_member
from services.registration.tables import AddressChange, Asked, Drawn, DrawProof, ErasureReceipt, Member
from shared.events import meetings, notifications, results, surveys
from shared.events.registration import (
    ContactChanged,
    ContactRemoved,
    MemberChanged,
    MemberErased,
    MemberJoined,
    MemberLeft,
    PanelThresholdSet,
    PopulationMarginsSet,
    SignInRequested,
)
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, outbox
from tests.questionnaires import content
from tests.registration.given import DETAILS, a_member, link, or_again, signed_in


async def test_a_sign_in_link_works_once_and_not_after_it_has_expired(rt: Runtime) -> None:
    async with AsyncExitStack() as stack, browser(rt) as client:
        member_id = await a_member(client, rt)
        token = await link(client, rt)
        for _ in range(2):
            assert "Logg inn" in (await client.get(f"/me/sign-in/{token}", follow_redirects=True)).text
        other = await stack.enter_async_context(browser(rt))
        await other.get(f"/me/sign-in/{token}")
        for _ in range(2):
            # Two clicks of one browser are one sign-in.
            assert (await client.post("/me/sign-in", data={"id": str(member_id)})).status_code == 303
        late = await other.post("/me/sign-in", data={"id": str(member_id)})
        assert late.status_code == 410
        assert "virker bare én gang" in late.text
        await client.get(f"/me/sign-in/{await link(client, rt)}")
        move(rt, timedelta(minutes=11))
        assert (await client.post("/me/sign-in", data={"id": str(member_id)})).status_code == 410


async def test_asking_for_a_link_looks_the_same_for_a_stranger(rt: Runtime) -> None:
    async with browser(rt) as client:
        await a_member(client, rt)
        answers = [await client.post("/me/ask", data={"email": e}) for e in ("kari@example.org", "ukjent@example.org")]
        strange = [
            await or_again(client, await client.post("/me/ask", data={"email": e}))
            for e in ("kari\x00@example.org", "", "kari", "x" * 999)
        ]
    await send_links(rt)
    assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {(303, "/me/sent")}
    assert "usynlige tegn" in strange[0].text
    assert "E-post må" in strange[1].text
    assert len(await outbox(rt, SignInRequested)) == 1


async def test_a_signed_in_member_finds_the_page_again_and_can_sign_out(rt: Runtime) -> None:
    async with browser(rt, follow_redirects=True) as client:
        member_id = await a_member(client, rt)
        token = await link(client, rt)
        await client.get(f"/me/sign-in/{token}")
        await client.post("/me/sign-in", data={"id": str(member_id)})
        assert "Opplysningene mine" in (await client.get("/me")).text
        assert "Opplysningene mine" in (await client.get(f"/me/sign-in/{token}")).text
        out = await client.post("/me/sign-out", data={"id": str(member_id)})
        assert "Du er logget ut" in out.text
        assert "Opplysningene mine" not in (await client.get(f"/me?id={member_id}")).text
        over = await client.get(f"/me/sign-in/{token}")
        assert over.status_code == 410
        assert 'href="/me"' in over.text


async def test_nobody_sees_or_changes_another_members_page(rt: Runtime) -> None:
    async with browser(rt) as own, browser(rt) as other:
        member_id = await signed_in(own, rt)
        for path in ("/me", "/me/details", "/me/data", "/me/left"):
            page = await other.get(f"{path}?id={member_id}", follow_redirects=True)
            assert "Kari" not in page.text, path
        posts: list[tuple[str, dict[str, Any]]] = [
            ("/me", {"action": "pause"}),
            ("/me/purposes", {}),
            ("/me/details", DETAILS),
        ]
        for path, form in posts:
            response = await other.post(path, data={"id": str(member_id), **form})
            assert response.status_code == 401
            assert "ikke logget inn" in response.text
    assert await outbox(rt, MemberChanged) == []


async def test_a_form_no_page_of_ours_sends_is_refused_and_says_nothing_untrue_of_the_session(rt: Runtime) -> None:
    async with browser(rt) as client:
        member_id = await signed_in(client, rt)
        paths = ("/me", "/me/purposes", "/me/details", "/me/gathering", "/me/sign-out", "/me/sign-in", "/me/address")
        for path in (*paths, "/join/confirm"):
            for forged in ({}, {"id": ""}, {"id": "nobody"}, {"id": f"{member_id}x"}):
                refused = await client.post(path, data={**DETAILS, "action": "pause", **forged})
                assert refused.status_code == 400, path
                assert "Vi forstod ikke skjemaet" in refused.text
                assert "logget" not in refused.text
        assert (await client.post("/me", data={"id": str(member_id), "action": "nonsense"})).status_code == 400
        refused = await client.post("/me/purposes", data={"id": str(member_id), "purposes": ["surveys", "nonsense"]})
        assert refused.status_code == 422
        assert "Opplysningene mine" in (await client.get(f"/me?id={member_id}")).text
    assert await outbox(rt, MemberChanged) == []


async def test_pausing_twice_is_pausing_once_and_going_on_ends_it(rt: Runtime) -> None:
    async with browser(rt) as client:
        member_id = await signed_in(client, rt)
        for action in ("pause", "pause", "resume", "nonsense"):
            await client.post("/me", data={"id": str(member_id), "action": action})
    states = [event.status for event in await outbox(rt, MemberChanged) if isinstance(event, MemberChanged)]
    assert states == ["paused", "active"]


def asked(rt: Runtime, member_id: UUID, survey_id: UUID) -> surveys.SurveyInvitationIssued:
    soon = rt.now() + timedelta(days=14)
    return surveys.SurveyInvitationIssued(
        invitation_id=new_id(), survey_id=survey_id, member_id=member_id, generation=1, link_expires_at=soon,
        send_before=soon,
    )  # fmt: skip


def spared(member_id: UUID, survey_id: UUID, reason: str) -> surveys.MemberSpared:
    return surveys.MemberSpared(candidate_id=new_id(), survey_id=survey_id, member_id=member_id, reason=reason)


async def test_the_page_shows_what_one_was_asked_and_the_draws_one_was_in(rt: Runtime) -> None:
    deliver, survey_id, meeting_id = Deliverer(rt), new_id(), new_id()
    now = rt.now()
    async with browser(rt) as client:
        member_id = await signed_in(client, rt)
        first, second = asked(rt, member_id, survey_id), asked(rt, member_id, new_id())
        await deliver(
            surveys.SurveyOpened(
                survey_id=survey_id, questionnaire=content(title={"nb": "Klima", "en": "Climate"}), opened_at=now,
                closes_at=datetime(2027, 1, 30, tzinfo=rt.settings.zone), cell_minimum=5,
            ),
            first, second,
            surveys.SurveyAnswered(
                invitation_id=first.invitation_id, survey_id=survey_id, member_id=member_id, answered_at=now
            ),
            meetings.MeetingAnnounced(
                meeting_id=meeting_id, slug="torget", heading="Torget i Sandvika", purpose="", place="", starts_at=now,
                ends_at=now, seats=20, reply_by=now,
            ),
            meetings.MemberEnteredDraw(
                entry_id=new_id(), draw_id=new_id(), meeting_id=meeting_id, member_id=member_id, chance=0.125,
                drawn=False,
            ),
            spared(member_id, survey_id, "spared"), spared(member_id, survey_id, "capped"),
        )  # fmt: skip
        page = (await client.get(f"/me?id={member_id}")).text
        data = (await client.get(f"/me/data?id={member_id}")).json()
    assert "Klima: du har svart (svarfrist 29. januar 2027)" in page, "the last day on which answers are taken"
    assert "Klima: andre ble trukket ut denne gangen" in page
    assert "du ble spart fordi du har fått mange e-poster" in page
    assert [row["why"] for row in data["surveys_spared"]] == ["spared", "capped"]
    assert "Torget i Sandvika" in page
    assert "sjansen din var 12,5\u00a0%" in page
    assert data["email"] == "kari@example.org"
    assert [row["title"] for row in data["surveys"]] == [{"nb": "Klima", "en": "Climate"}]
    assert data["draws"][0]["chance"] == 0.125
    assert {consent["purpose"] for consent in data["consents"]} == {"surveys", "results"}


async def test_the_proof_of_having_been_in_a_draw_is_the_members_own_and_can_be_checked(rt: Runtime) -> None:
    deliver = Deliverer(rt)
    async with browser(rt) as client:
        member_id = await signed_in(client, rt)
        now, meeting_id, entry_id = rt.now(), new_id(), new_id()
        kind = ("female", "25-44", "ost")
        leaf = verify.leaf({"person": verify.person("5a17", str(member_id)), "type": list(kind)})
        ids = {"entry_id": entry_id, "meeting_id": meeting_id, "member_id": member_id}
        await deliver(
            # The two facts come on different topics, in any order.
            meetings.DrawProofIssued(
                **ids, salt="5a17", kind=kind, path=(("right", "ab" * 32),), root=verify.node(leaf, "ab" * 32),
                digest="cd" * 32,
            ),
            meetings.MeetingAnnounced(
                meeting_id=meeting_id, slug="torget", heading="Torget i Sandvika", purpose="", place="", starts_at=now,
                ends_at=now, seats=20, reply_by=now,
            ),
            meetings.MemberEnteredDraw(**ids, draw_id=new_id(), chance=0.002, drawn=True),
        )  # fmt: skip
        page = (await client.get(f"/me?id={member_id}")).text
        address = f"/me/proof?id={member_id}&entry={entry_id}"
        assert address.replace("&", "&amp;") in page
        assert "sjansen din var 0,2\u00a0%. Du sto på loddet som ble trukket." in page
        assert "blir andre spurt i stedet" in page
        proof = (await client.get(address)).json()
        assert verify.check(proof)[0] == "Personen står i listen som ble låst før trekningen."
        assert (await client.get(address.replace(str(entry_id), str(new_id())))).status_code == 303
        async with rt.transaction() as session:
            await session.execute(sa.update(DrawProof).values(member_id=new_id()))
        assert (await client.get(address)).status_code == 303, "somebody else's"
    async with browser(rt) as stranger:
        assert (await stranger.get(address)).headers["location"] == "/me"


async def test_after_leaving_nothing_about_the_person_is_kept_or_comes_back(rt: Runtime) -> None:
    deliver = Deliverer(rt)
    async with browser(rt) as client:
        member_id = await signed_in(client, rt)
        await client.post("/me/details", data={"id": str(member_id), **DETAILS, "email": "ny@example.org"})
        await deliver(asked(rt, member_id, new_id()), spared(member_id, new_id(), "spared"))
        sure = await client.post("/me", data={"id": str(member_id), "action": "leave"}, follow_redirects=True)
        assert "Vil du gå ut" in sure.text
        assert await outbox(rt, MemberLeft) == []
        page = await client.post(
            "/me", data={"id": str(member_id), "action": "leave", "sure": "yes"}, follow_redirects=True
        )
        assert "0 av 4" in page.text
        receipts = (surveys, notifications, meetings, results)
        await deliver(*(m.MemberDataErased(member_id=member_id, erased_at=rt.now()) for m in receipts))
        assert "4 av 4" in (await client.get(f"/me/left?id={member_id}")).text
    await deliver(
        asked(rt, member_id, new_id()),
        notifications.MemberUnreachable(member_id=member_id, reason="smtp_550", since=rt.now()),
    )
    async with rt.transaction() as session:
        for table in (Asked, Drawn, AddressChange):
            assert await session.scalar(sa.select(sa.func.count()).select_from(table)) == 0
        assert await session.scalar(sa.select(sa.func.count()).select_from(ErasureReceipt)) == 4
        member = await session.get_one(Member, member_id)
        assert (member.status, member.email, member.unreachable_since) == ("erased", None, None)


async def test_an_address_that_takes_no_mail_is_shown_to_the_member(rt: Runtime) -> None:
    async with browser(rt) as client:
        member_id = await signed_in(client, rt)
        failed = notifications.MemberUnreachable(member_id=member_id, reason="smtp_550", since=rt.now())
        await Deliverer(rt)(failed)
        assert "kommet i retur" in (await client.get(f"/me?id={member_id}")).text
        await Deliverer(rt)(failed)
    (fact,) = await outbox(rt, MemberChanged)
    assert isinstance(fact, MemberChanged)
    assert (fact.member_id, fact.status, fact.reachable, fact.standing) == (member_id, "active", False, "unreachable")


@pytest.mark.parametrize("wanted", [True, False])
async def test_a_choice_made_in_a_mail_becomes_consent_once(rt: Runtime, wanted: bool) -> None:
    async with browser(rt) as client:
        member_id = await a_member(client, rt, purposes=["meetings"] if wanted else ["surveys", "meetings"])
    choice = notifications.MailPreferenceChanged(
        member_id=member_id, purpose="surveys", wanted=wanted, changed_at=rt.now()
    )
    deliver = Deliverer(rt)
    await deliver(choice)
    await deliver(choice)
    (event,) = await outbox(rt, MemberChanged)
    assert isinstance(event, MemberChanged)
    assert event.purposes == (("meetings", "surveys") if wanted else ("meetings",))


async def test_state_sent_again_tells_everything_a_new_service_needs(rt: Runtime) -> None:
    async with browser(rt) as client:
        stays = await signed_in(client, rt)
        goes = await a_member(client, rt, email="per@example.org")
        async with rt.transaction() as session:
            member = await lock_member(session, goes)
            assert member is not None
            await erase(session, member, rt.now())
    assert rt.service.state is not None
    async with rt.transaction() as session:
        events = [event async for event in rt.service.state(session)]
    kinds = [type(event) for event in events]
    assert kinds.count(PanelThresholdSet) == 2
    assert kinds.count(PopulationMarginsSet) == 1
    assert {event.subject for event in events if isinstance(event, MemberJoined | ContactChanged)} == {stays}
    assert {event.subject for event in events if isinstance(event, MemberErased | ContactRemoved)} == {goes}


@pytest.mark.parametrize("mark", [".", ")", ">", '"', "».", "?", "*", "_", " ", "…", "&gt;", "\u200b", "="])
async def test_a_link_works_with_what_stood_behind_it_in_the_mail(rt: Runtime, mark: str) -> None:
    async with browser(rt) as client:
        await a_member(client, rt)
        page = await client.get(f"/me/sign-in/{await link(client, rt)}{quote(mark)}", follow_redirects=True)
    assert "Logg inn på Min side" in page.text
