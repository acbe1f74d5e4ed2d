"""Details and consents on the own page; a new address counts when its own link has been opened."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from services.registration.joining.signing_up import forget_unconfirmed
from services.registration.tables import AddressChange, Member
from shared.events.notifications import MemberUnreachable
from shared.events.registration import ConfirmationRequested, ContactChanged, ContactRemoved, MemberChanged
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, outbox
from tests.registration.given import DETAILS, a_member, or_again, signed_in


async def test_details_are_changed_and_told_to_those_who_need_them(rt: Runtime) -> None:
    async with browser(rt) as client:
        member_id = await signed_in(client, rt)
        page = await client.get(f"/me/details?id={member_id}")
        assert 'value="Kari Prøve"' in page.text
        new = {**DETAILS, "name": "Kari Ny", "postcode": "1337", "language": "nn", "gender": "other"}
        receipt = await client.post("/me/details", data={"id": str(member_id), **new}, follow_redirects=True)
        assert "Endringene er lagret" in receipt.text
        assert "1337 Sandvika" in receipt.text
    (event,) = await outbox(rt, MemberChanged)
    assert isinstance(event, MemberChanged)
    assert (event.area, event.gender) == (None, "other"), "the postcode stays here"
    card = (await outbox(rt, ContactChanged))[-1]
    assert isinstance(card, ContactChanged)
    assert (card.name, card.email, card.language) == ("Kari Ny", "kari@example.org", "nn")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "Navn må fylles ut"),
        ({"email": "kåre@example.org"}, "æ, ø eller å"),
        ({"year_of_birth": "2020"}, "minst 15 år"),
        ({"postcode": "0150"}, "en annen kommune"),
        ({"name": "Kari\u202e"}, "usynlige tegn"),
    ],
)
async def test_bad_details_are_refused_with_what_was_typed(rt: Runtime, change: dict[str, str], words: str) -> None:
    async with browser(rt) as client:
        member_id = await signed_in(client, rt)
        page = await or_again(
            client, await client.post("/me/details", data={"id": str(member_id), **DETAILS, **change})
        )
    assert "again=yes" in str(page.url)
    assert words in page.text
    assert await outbox(rt, MemberChanged) == []


async def ask_for_new_address(client: httpx.AsyncClient, rt: Runtime, member_id: UUID, email: str) -> str | None:
    """Change the address in the form; the token in the mail to the new one, if one was sent."""
    before = len(await outbox(rt, ConfirmationRequested))
    page = await client.post(
        "/me/details", data={"id": str(member_id), **DETAILS, "email": email}, follow_redirects=True
    )
    assert "den nye adressen" in page.text
    requests = await outbox(rt, ConfirmationRequested)
    if len(requests) == before:
        return None
    assert isinstance(requests[-1], ConfirmationRequested)
    assert requests[-1].about == "address"
    return rt.links.make("confirm", requests[-1].member_id, 1, requests[-1].link_expires_at)


async def test_a_new_address_counts_when_its_own_link_has_been_opened(rt: Runtime) -> None:
    async with browser(rt) as client:
        member_id = await signed_in(client, rt)
        token = await ask_for_new_address(client, rt, member_id, "ny@example.org")
        card = (await outbox(rt, ContactChanged))[-1]
        assert isinstance(card, ContactChanged)
        assert (card.email, card.member_id == member_id) == ("ny@example.org", False)
        page = await client.get(f"/me/address/{token}", follow_redirects=True)
        async with rt.transaction() as session:
            assert await session.scalar(sa.select(Member.email)) == "kari@example.org", "a scanner changes nothing"
            change_id = await session.scalar(sa.select(AddressChange.id))
        assert "ny@example.org" in page.text
        receipt = await client.post("/me/address", data={"id": str(change_id)})
        assert receipt.status_code == 303
        assert "Adressen er byttet" in (await client.get(receipt.headers["location"])).text
        assert (await client.post("/me/address", data={"id": str(change_id)})).status_code == 410
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(Member.email)) == "ny@example.org"
    assert [event.subject for event in await outbox(rt, ContactRemoved)] == [change_id]
    newest = (await outbox(rt, ContactChanged))[-1]
    assert isinstance(newest, ContactChanged)
    assert (newest.member_id, newest.email) == (member_id, "ny@example.org")
    deliver = Deliverer(rt)
    for number, reached in ((newest.address_number - 1, True), (newest.address_number, False)):
        dead = MemberUnreachable(member_id=member_id, reason="bounced", since=rt.now(), address_number=number)
        await deliver(dead)
        async with rt.transaction() as session:
            since = await session.scalar(sa.select(Member.unreachable_since))
        assert (since is None) == reached, "what was said of the address before says nothing of this one"


async def test_somebody_elses_address_gets_no_link_and_the_page_does_not_tell(rt: Runtime) -> None:
    async with browser(rt) as client:
        await a_member(client, rt, email="per@example.org")
        member_id = await signed_in(client, rt)
        assert await ask_for_new_address(client, rt, member_id, "PER@example.org") is None


async def test_a_new_address_nobody_confirms_is_forgotten_after_a_week(rt: Runtime) -> None:
    async with browser(rt) as client:
        member_id = await signed_in(client, rt)
        await ask_for_new_address(client, rt, member_id, "ny@example.org")
    move(rt, timedelta(days=8))
    await forget_unconfirmed(rt)
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(AddressChange)) == 0
    assert len(await outbox(rt, ContactRemoved)) == 1


async def test_consents_are_chosen_anew_and_their_history_stays(rt: Runtime) -> None:
    async with browser(rt) as client:
        member_id = await signed_in(client, rt)
        for purposes in (["meetings", "results"], ["meetings", "results"]):
            page = await client.post(
                "/me/purposes", data={"id": str(member_id), "purposes": purposes}, follow_redirects=True
            )
        assert "Valget ditt er lagret" in page.text
        assert "Undersøkelser: ja fra" in page.text
        assert ", nei fra" in page.text
    (event,) = await outbox(rt, MemberChanged)
    assert isinstance(event, MemberChanged)
    assert event.purposes == ("meetings", "results")


async def test_a_purpose_that_is_none_is_refused_as_that_and_not_as_a_session_that_ended(rt: Runtime) -> None:
    async with browser(rt) as client, browser(rt) as stranger:
        form = {"id": str(await signed_in(client, rt)), "purposes": ["surveys", "adverts"]}
        page = await client.post("/me/purposes", data=form)
        assert (page.status_code, "Ingenting er endret" in page.text) == (422, True)
        assert "ikke logget inn" not in page.text
        assert (await stranger.post("/me/purposes", data=form)).status_code == 401
    assert await outbox(rt, MemberChanged) == []
