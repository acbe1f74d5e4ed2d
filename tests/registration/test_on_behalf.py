"""On behalf: what staff do for somebody who phoned or wrote is asked twice, traced, and told to the person."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from services.registration.my_page.store import as_data, own_page
from services.registration.on_behalf.changing import standing_of
from services.registration.tables import AddressChange, Consent, Member, OnBehalf
from shared.events.registration import (
    ChangedOnBehalf,
    ConfirmationRequested,
    ContactChanged,
    MemberChanged,
    MemberJoined,
)
from shared.service import Runtime
from shared.testing import browser, outbox, sign_in
from tests.registration.given import DETAILS, FORM, a_member, confirm
from tests.registration.test_staff_pages import audited, count

WHY = {"how": "phone", "note": "Ringte 12. mars"}


async def filled_in(rt: Runtime, member_id: UUID, **changes: Any) -> dict[str, Any]:
    """The form as staff find it, with these changes."""
    async with rt.transaction() as session:
        member = await session.get_one(Member, member_id)
        digest = (await standing_of(session, member)).seen
    return {**DETAILS, "purposes": ["surveys", "results"], "status": "active", "seen": digest, **WHY, **changes}


async def change(rt: Runtime, editor: httpx.AsyncClient, member_id: UUID, **changes: Any) -> httpx.Response:
    """Fill in, look over, and say yes."""
    form, page = await filled_in(rt, member_id, **changes), f"/staff/registration/members/{member_id}/change"
    preview = await editor.post(page, data=form)
    assert "Ja, lagre og send e-posten" in preview.text, preview.text
    return await editor.post(page, data={**form, "sure": "yes"}, follow_redirects=True)


async def test_a_member_who_phones_is_changed_told_and_traced(rt: Runtime, editor: httpx.AsyncClient) -> None:
    member_id = await a_member(editor, rt)
    page = f"/staff/registration/members/{member_id}/change"
    assert 'value="Kari Prøve"' in (await editor.get(page)).text
    form = await filled_in(rt, member_id, name="Kari Ny", language="nn", purposes=["results", "meetings"])
    preview = await editor.post(page, data=form)
    for line in ("Navnet blir rettet", "Nei til undersøkelser", "Ja til møter", "purpose=on_behalf"):
        assert line in preview.text
    assert await outbox(rt, ChangedOnBehalf) == [], "nothing before the second button"

    receipt = await editor.post(page, data={**form, "sure": "yes"}, follow_redirects=True)
    assert "Endringene er lagret" in receipt.text
    assert "Ringte 12. mars" in receipt.text
    assert re.search(r"Undersøkelser: ja [^(]*\(påmeldingen, tekst [^)]+\), nei ", receipt.text), (
        "what the no came by is not said"
    )
    (event,) = await outbox(rt, ChangedOnBehalf)
    assert isinstance(event, ChangedOnBehalf)
    assert event.changes == ("name", "language", "surveys_no", "meetings_yes")
    assert event.how == "phone"
    newest = (await outbox(rt, MemberChanged))[-1]
    assert isinstance(newest, MemberChanged)
    assert newest.purposes == ("meetings", "results")
    card = (await outbox(rt, ContactChanged))[-1]
    assert isinstance(card, ContactChanged)
    assert (card.name, card.language) == ("Kari Ny", "nn")
    async with rt.transaction() as session:
        sources = set(await session.execute(sa.select(Consent.purpose, Consent.source)))
    assert ("meetings", "phone") in sources
    (row,) = [row for row in await audited(rt) if row[0] == "registration.member.changed_on_behalf"]
    assert row[1:] == (str(member_id), {"what": list(event.changes), "how": "phone"}), "no written text in the trail"
    async with rt.transaction() as session:
        own = await own_page(session, member_id)
    assert own is not None
    (note,) = as_data(own)["done_by_staff_on_your_behalf"]
    assert note["note"] == "Ringte 12. mars"


async def test_a_new_address_waits_for_its_own_link_and_the_old_one_is_told(
    rt: Runtime, editor: httpx.AsyncClient
) -> None:
    member_id = await a_member(editor, rt)
    page = await change(rt, editor, member_id, email="ny@example.org")
    assert "ny@example.org venter" in page.text
    async with rt.transaction() as session:
        member = await session.get_one(Member, member_id)
        address_change = (await session.scalars(sa.select(AddressChange))).one()
    assert member.email == "kari@example.org", "a misheard letter must not open the page to a stranger"
    (event,) = await outbox(rt, ChangedOnBehalf)
    assert isinstance(event, ChangedOnBehalf)
    assert (event.member_id, event.changes) == (member_id, ("email",)), "the old address is told"
    request = (await outbox(rt, ConfirmationRequested))[-1]
    assert isinstance(request, ConfirmationRequested)
    assert (request.member_id, request.about) == (address_change.id, "address"), "the new one gets the link"


async def test_two_members_never_share_an_address(rt: Runtime, editor: httpx.AsyncClient) -> None:
    await a_member(editor, rt, email="ola@example.org")
    member_id = await a_member(editor, rt)
    form = await filled_in(rt, member_id, email="Ola@example.org", sure="yes")
    answer = await editor.post(f"/staff/registration/members/{member_id}/change", data=form)
    assert answer.status_code == 422
    assert "To kan ikke dele en adresse" in answer.text
    answer = await editor.post(f"/staff/registration/members/{member_id}/change", data=form | {"note": ""})
    assert "To kan ikke dele en adresse" in answer.text, "beside what is wrong with another field"
    assert "Skriv hva personen ba om" in answer.text
    assert await count(rt, AddressChange) == 0


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({}, "ingenting å lagre"),
        ({"name": "Kari Ny", "note": ""}, "Skriv hva personen ba om"),
        ({"name": "Kari Ny", "how": ""}, "Velg hvordan personen ba om det"),
        ({"purposes": ["surveys", "results", "meetings"], "how": "error"}, "Bare personen selv kan si ja til mer"),
        ({"name": "Kari Ny", "seen": "something older"}, "endret mens du skrev"),
    ],
)
async def test_nothing_is_changed_without_a_reason_or_from_an_old_form(
    rt: Runtime, editor: httpx.AsyncClient, changed: dict[str, Any], message: str
) -> None:
    member_id = await a_member(editor, rt)
    form = await filled_in(rt, member_id, **changed)
    answer = await editor.post(f"/staff/registration/members/{member_id}/change", data={**form, "sure": "yes"})
    assert message in answer.text
    assert await outbox(rt, ChangedOnBehalf) == []
    assert await count(rt, OnBehalf) == 0


async def test_pausing_and_going_on_by_phone(rt: Runtime, editor: httpx.AsyncClient) -> None:
    member_id = await a_member(editor, rt)
    for status in ("paused", "active"):
        await change(rt, editor, member_id, status=status)
        async with rt.transaction() as session:
            assert (await session.get_one(Member, member_id)).status == status
    change_lists = [event.changes for event in await outbox(rt, ChangedOnBehalf) if isinstance(event, ChangedOnBehalf)]
    assert change_lists == [("paused",), ("active",)]


async def test_what_was_done_goes_with_the_person(rt: Runtime, editor: httpx.AsyncClient) -> None:
    member_id = await a_member(editor, rt)
    await change(rt, editor, member_id, name="Kari Ny")
    assert await count(rt, OnBehalf) == 1
    await editor.post(f"/staff/registration/members/{member_id}/erase", data={"sure": "yes"})
    assert await count(rt, OnBehalf) == 0
    assert (await editor.get(f"/staff/registration/members/{member_id}/change")).status_code == 404


async def test_somebody_on_paper_is_a_member_once_the_link_is_opened(rt: Runtime, editor: httpx.AsyncClient) -> None:
    form = {**FORM, "how": "paper", "note": "Skjema, arkivsak 27/12"}
    answer = await editor.post("/staff/registration/register", data=form, follow_redirects=True)
    assert "Personen får en e-post nå" in answer.text
    assert await outbox(rt, MemberJoined) == []
    (request,) = await outbox(rt, ConfirmationRequested)
    assert isinstance(request, ConfirmationRequested)
    assert request.about == "joining_on_behalf"
    async with browser(rt) as kari:
        await confirm(kari, rt, request)
    assert len(await outbox(rt, MemberJoined)) == 1
    async with rt.transaction() as session:
        consents = set(await session.execute(sa.select(Consent.source, Consent.text_version)))
    assert consents == {("paper", "Skjema, arkivsak 27/12")}
    actions = [action for action, subject, _ in await audited(rt) if subject == str(request.member_id)]
    assert actions == ["registration.member.registered"]

    again = await editor.post("/staff/registration/register", data=form, follow_redirects=True)
    assert "allerede med i panelet" in again.text
    assert len(await outbox(rt, ConfirmationRequested)) == 1


async def test_nobody_is_registered_without_an_address(rt: Runtime, editor: httpx.AsyncClient) -> None:
    form = {**FORM, **WHY, "email": ""}
    answer = await editor.post("/staff/registration/register", data=form)
    assert "Uten e-post kan ingen være med i panelet" in answer.text
    assert "Personen har ikke e-post" in answer.text
    assert await outbox(rt, ConfirmationRequested) == []


async def test_a_reader_helps_nobody(rt: Runtime, editor: httpx.AsyncClient) -> None:
    member_id = await a_member(editor, rt)
    async with browser(rt) as reader:
        sign_in(rt, reader, "reader", "dpo")
        page = await reader.get(f"/staff/registration/members/{member_id}")
        assert f"/members/{member_id}/change" not in page.text
        assert (await reader.get(f"/staff/registration/members/{member_id}/change")).status_code == 403
