"""Joining on real Postgres: double opt-in, one page for everybody, exactly one threshold, erasure."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.registration.erasing import erase
from services.registration.joining.domain import JoinInput
from services.registration.joining.pages import joining_rules
from services.registration.joining.signing_up import forget_unconfirmed, sign_up
from services.registration.signing_in.sending import send_links
from services.registration.store import lock_member
from services.registration.tables import Channel, Consent, Member, Panel
from shared.events.registration import (
    ConfirmationRequested,
    ContactChanged,
    ContactRemoved,
    MemberErased,
    SignInRequested,
    SignUpRepeated,
)
from shared.service import Runtime
from shared.testing import browser, move, outbox
from tests.backends import eventually, waits_for_a_lock
from tests.registration.given import FORM, a_member, confirm, confirm_page, send


async def test_a_second_sign_up_looks_the_same_and_only_the_mail_differs(rt: Runtime) -> None:
    async with browser(rt) as client:
        first = await send(client, rt)
        (request,) = await outbox(rt, ConfirmationRequested)
        assert isinstance(request, ConfirmationRequested)
        await confirm(client, rt, request)
        second = await send(client, rt, email="KARI@example.org")
    # The page's own id is drawn for each; nothing else differs, the length of the sealed cookie included.
    (path_1, id_1), (path_2, id_2) = (answer.headers["location"].split("?id=") for answer in (first, second))
    assert (first.status_code, path_1) == (second.status_code, path_2) == (303, "/join/sent")
    assert len(first.headers["set-cookie"]) == len(second.headers["set-cookie"])
    assert id_1 != id_2
    assert len(await outbox(rt, SignUpRepeated)) == 1


async def test_two_sign_ups_of_one_address_at_the_same_moment_are_one_person(rt: Runtime) -> None:
    """The second waits for the first, however the address is spelled, and gets the page everybody gets."""
    form = JoinInput.model_validate(
        {name: value for name, value in FORM.items() if name != "website"}, context=joining_rules(rt)
    )
    async with browser(rt) as client:
        async with rt.transaction() as session:
            await sign_up(session, form, rt.now(), unconfirmed_days=7, consent_version="test")
            other = asyncio.create_task(send(client, rt, email="Kari@Example.org"))
            await eventually(lambda: waits_for_a_lock(rt))
        assert (await other).status_code == 303
    async with rt.transaction() as session:
        (member,) = (await session.scalars(sa.select(Member))).all()
    assert member.generation == 2


async def test_nobody_fills_a_strangers_mailbox(rt: Runtime) -> None:
    async with browser(rt) as client:
        # The mailbox is one, however it is spelled.
        spellings = ("kari@example.org", "Kari@example.org", "kari+panel@example.org")
        answers = [await send(client, rt, email=spelling) for _ in range(3) for spelling in spellings]
        assert len(await outbox(rt, ConfirmationRequested)) == 6
        await send(client, rt, email="per@example.org")
        assert len(await outbox(rt, ConfirmationRequested)) == 7, "another's mailbox is not affected"
    assert {answer.status_code for answer in answers} == {303}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "Navn må fylles ut"),
        ({"name": "x" * 101}, "høyst 100 tegn"),
        ({"name": "Kari\u202eirak"}, "usynlige tegn"),
        ({"name": "Kari\x00"}, "usynlige tegn"),
        ({"name": "\u200b"}, "Navn må fylles ut"),
        ({"name": "Kari\nBcc"}, "én linje"),
        ({"email": "kari"}, "E-post må skrives slik"),
        ({"year_of_birth": "åtti"}, "fire sifre"),
        ({"year_of_birth": "2020"}, "minst 15 år"),
        ({"gender": "robot"}, "Kjønn må velges"),
        ({"postcode": "1300"}, "postboks"),
        ({"postcode": "0150"}, "en annen kommune"),
        ({"old_enough": ""}, "Bekreft at du har fylt 15 år"),
        ({"email": "kåre@example.org"}, "æ, ø eller å"),
        ({"purposes": ["everything"]}, "fra listen"),
        ({"purposes": []}, "Velg minst én ting"),
        ({"year_of_birth": "3000"}, "Fødselsår må være et år fra 1905 til {year}"),
        ({"year_of_birth": "1 980"}, "fire sifre"),
    ],
)
async def test_bad_input_gets_a_clear_message_and_changes_nothing(
    rt: Runtime, change: dict[str, Any], words: str
) -> None:
    async with browser(rt) as client:
        response = await send(client, rt, **change)
    assert str(response.url).endswith("/join?again=yes")
    assert words.format(year=rt.today().year) in response.text
    assert "Traceback" not in response.text
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(Member)) == 0


async def test_every_fault_of_the_form_is_told_at_once(rt: Runtime) -> None:
    async with browser(rt) as client:
        page = await send(client, rt, name="", year_of_birth="2020", postcode="0150", old_enough="")
    for words in ("Navn må fylles ut", "minst 15 år", "en annen kommune", "Bekreft at du har fylt 15 år"):
        assert words in page.text


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("kari13@exam\u200bple.org", "kari13@example.org"),
        ("kari3@BLÅBÆR.NO", "kari3@xn--blbr-roah.no"),
        ("kari22@example\u3002org", "kari22@example.org"),
        ("ka\u00adri@example.org", "Kari@Example.org"),
    ],
)
async def test_two_spellings_of_one_mailbox_are_one_person(rt: Runtime, first: str, second: str) -> None:
    async with browser(rt) as client:
        await send(client, rt, email=first)
        (request,) = await outbox(rt, ConfirmationRequested)
        assert isinstance(request, ConfirmationRequested)
        await confirm(client, rt, request)
        await send(client, rt, email=second)
        assert len(await outbox(rt, SignUpRepeated)) == 1
        await client.post("/me/ask", data={"email": second})
    await send_links(rt)
    assert len(await outbox(rt, SignInRequested)) == 1
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(Member)) == 1


async def test_a_wrong_address_is_corrected_without_filling_in_the_form_again(rt: Runtime) -> None:
    async with browser(rt, follow_redirects=True) as client, browser(rt, follow_redirects=True) as stranger:
        receipt = await send(client, rt, email="kira@example.org", purposes=["meetings"])
        assert "kira@example.org" in receipt.text
        page = await client.get("/join", params={"id": receipt.url.params["id"]})
        assert 'value="Kari Prøve"' in page.text
        assert 'value="kira@example.org"' in page.text
        assert "kira@" not in (await stranger.get("/join", params={"id": receipt.url.params["id"]})).text
        (request,) = await outbox(rt, ConfirmationRequested)
        assert isinstance(request, ConfirmationRequested)
        wrong = rt.links.make("confirm", request.member_id, request.generation, request.link_expires_at)
        again = await send(client, rt, email="kari@example.org", id=receipt.url.params["id"])
        assert "kari@example.org" in again.text
        (request,) = await outbox(rt, ConfirmationRequested)
        assert isinstance(request, ConfirmationRequested)
        assert (await stranger.get(f"/join/confirm/{wrong}")).status_code == 410, "a stranger reads who signed up"
        assert "Ja, jeg vil være med" in (await confirm_page(client, rt, request)).text
    async with rt.transaction() as session:
        assert list(await session.scalars(sa.select(Member.email))) == ["kari@example.org"]


async def test_what_no_person_would_send_is_refused_or_ignored(rt: Runtime) -> None:
    async with browser(rt) as client:
        at_once = await client.post("/join", data=FORM)
        assert at_once.headers["location"] == "/join?again=fast"
        page = (await client.get("/join?again=fast")).text
        assert "svært raskt" in page
        assert 'value="Kari Prøve"' in page
        assert (await send(client, rt, website="http://spam.example.org")).status_code == 303
        assert (await client.post("/join", content=b"x" * 10_000_000)).status_code == 413
        foreign = await client.post("/join", data=FORM, headers={"Origin": "https://evil.example.org"})
        assert foreign.status_code == 403
        forged = await client.get("/join/confirm/k.AAAA")
        assert forged.status_code == 410
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(Member)) == 0


async def test_markup_in_a_name_is_kept_and_escaped(rt: Runtime) -> None:
    async with browser(rt) as client:
        response = await send(client, rt, name="<b>Kari</b> 🙂", email="")
    assert "&lt;b&gt;Kari&lt;/b&gt; 🙂" in response.text
    assert "<b>Kari" not in response.text


async def test_a_recruitment_channels_code_stays_with_the_member_and_an_unknown_one_is_ignored(rt: Runtime) -> None:
    async with rt.transaction() as session:
        session.add(Channel(code="bibliotek", name="Plakat på biblioteket", made_at=rt.now()))
    async with browser(rt) as client:
        page = await client.get("/join?kanal=bibliotek")
        assert 'name="kanal" value="bibliotek"' in page.text
        for number, code in enumerate(("bibliotek", "ukjent")):
            await send(client, rt, email=f"p{number}@example.org", kanal=code)
        for request in await outbox(rt, ConfirmationRequested):
            assert isinstance(request, ConfirmationRequested)
            await confirm(client, rt, request)
    async with rt.transaction() as session:
        assert set(await session.scalars(sa.select(Member.channel))) == {"bibliotek", None}


async def test_a_purpose_that_a_form_names_twice_is_consented_to_once(rt: Runtime) -> None:
    async with browser(rt) as client:
        await a_member(client, rt, purposes=["surveys", "surveys"])
    async with rt.transaction() as session:
        assert (await session.scalars(sa.select(Consent.purpose))).all() == ["surveys"]


async def test_a_declaration_of_living_here_is_kept_only_where_the_postcode_says_otherwise(rt: Runtime) -> None:
    async with browser(rt) as client:
        for number, postcode in enumerate(("1353", "0275")):
            await send(client, rt, email=f"p{number}@example.org", postcode=postcode, declared_resident="yes")
        for request in await outbox(rt, ConfirmationRequested):
            assert isinstance(request, ConfirmationRequested)
            await confirm(client, rt, request)
    async with rt.transaction() as session:
        declared = await session.scalars(sa.select(Member.area).where(Member.declared_resident_at.is_not(None)))
        assert list(declared) == ["0275"]


async def test_a_form_with_faults_can_be_read_in_another_language_with_what_was_typed(rt: Runtime) -> None:
    async with browser(rt) as client:
        assert "lang=en" in (await client.get("/join?kanal=x")).text
        assert "again=yes&amp;lang=en" in (await send(client, rt, name="")).text
        english = (await client.get("/join?again=yes&lang=en")).text
        assert "Name must be filled in" in english
        assert 'value="kari@example.org"' in english


async def test_a_postcode_answers_with_its_place(rt: Runtime) -> None:
    async with browser(rt) as client:
        place = (await client.get("/join/place?postcode=1353")).json()
        assert place == {"place": "Bærums Verk"}
        assert (await client.get("/join/place?postcode=<b>")).json() == {"place": None}
        assert "Bærums Verk" in (await send(client, rt, name="")).text


async def test_unconfirmed_sign_ups_vanish_after_a_week(rt: Runtime) -> None:
    async with browser(rt) as client:
        await send(client, rt)
    await forget_unconfirmed(rt)
    assert await outbox(rt, ContactRemoved) == []
    move(rt, timedelta(days=7, minutes=1))
    await forget_unconfirmed(rt)
    assert len(await outbox(rt, ContactRemoved)) == 1
    assert await outbox(rt, ContactChanged, ConfirmationRequested) == []


async def test_leaving_leaves_no_byte_of_the_person_in_the_schema(rt: Runtime) -> None:
    async with browser(rt) as client:
        await send(client, rt)
        (request,) = await outbox(rt, ConfirmationRequested)
        assert isinstance(request, ConfirmationRequested)
        await confirm(client, rt, request)
    async with rt.transaction() as session:
        member = await lock_member(session, request.member_id)
        assert member is not None
        await erase(session, member, rt.now())
    assert len(await outbox(rt, MemberErased)) == 1
    async with rt.transaction() as session:
        tables = await session.scalars(
            sa.text("select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'registration'")
        )
        for table in tables:
            rows = await session.scalars(sa.text(f"select t::text from {table} t"))
            assert not any(re.search("kari|Prøve", row or "", re.IGNORECASE) for row in rows), table
        assert await session.scalar(sa.select(Panel.size)) == 0
