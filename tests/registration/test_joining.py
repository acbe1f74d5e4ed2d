"""Joining on real Postgres: double opt-in, one page for everybody, exactly one threshold, erasure."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from services.registration import jobs
from services.registration.joining import store
from services.registration.joining.domain import JoinInput
from services.registration.leaving import erase
from services.registration.tables import Member, Panel
from shared.events.registration import (
    ConfirmationRequested,
    ContactChanged,
    ContactRemoved,
    MemberErased,
    MemberJoined,
    PanelThresholdReached,
    SignUpRepeated,
)
from shared.service import Runtime
from shared.testing import browser, move, outbox

RuntimeOf = Callable[..., Awaitable[Runtime]]
FORM = {
    "name": "Kari Prøve",
    "email": "kari@example.org",
    "year_of_birth": "1980",
    "gender": "female",
    "postcode": "1353",
    "language": "nb",
    "purposes": ["surveys", "results"],
    "old_enough": "yes",
    "website": "",
}


@pytest.fixture
async def rt(runtime_of: RuntimeOf, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    rt = await runtime_of("registration")
    await jobs.announce_installation(rt)
    return rt


async def send(client: httpx.AsyncClient, rt: Runtime, **changes: Any) -> httpx.Response:
    """Fill the form in, having looked at it for long enough."""
    stamp = rt.sealed.seal("join", {"shown": 0, "nonce": "n"}, 3600)
    return await client.post("/join", data={**FORM, "stamp": stamp, **changes})


async def confirm(client: httpx.AsyncClient, rt: Runtime, asked: ConfirmationRequested) -> httpx.Response:
    token = rt.links.make("confirm", asked.member_id, asked.generation, asked.link_expires_at)
    page = await client.get(f"/join/confirm/{token}", follow_redirects=True)
    assert "Ja, jeg vil være med" in page.text
    return await client.post("/join/confirm", data={"id": str(asked.member_id)}, follow_redirects=True)


async def test_a_resident_signs_up_confirms_and_is_a_member_once(rt: Runtime) -> None:
    async with browser(rt) as client:
        assert (await send(client, rt)).headers["location"] == "/join/sent"
        (asked,) = await outbox(rt, ConfirmationRequested)
        assert isinstance(asked, ConfirmationRequested)
        assert await outbox(rt, MemberJoined) == []
        assert "Velkommen" in (await confirm(client, rt, asked)).text
        assert "Velkommen" in (await confirm(client, rt, asked)).text
    (joined,) = await outbox(rt, MemberJoined)
    assert isinstance(joined, MemberJoined)
    assert joined.purposes == ("results", "surveys")
    async with rt.transaction() as session:
        assert await store.panel_size(session) == 1


async def test_a_second_sign_up_looks_the_same_and_only_the_mail_differs(rt: Runtime) -> None:
    async with browser(rt) as client:
        first = await send(client, rt)
        (asked,) = await outbox(rt, ConfirmationRequested)
        assert isinstance(asked, ConfirmationRequested)
        await confirm(client, rt, asked)
        second = await send(client, rt, email="KARI@example.org")
    assert (first.status_code, first.headers["location"]) == (second.status_code, second.headers["location"])
    assert len(await outbox(rt, SignUpRepeated)) == 1


async def test_a_mail_scanner_that_opens_the_link_changes_nothing(rt: Runtime) -> None:
    async with browser(rt) as client:
        await send(client, rt)
        (asked,) = await outbox(rt, ConfirmationRequested)
        assert isinstance(asked, ConfirmationRequested)
        token = rt.links.make("confirm", asked.member_id, asked.generation, asked.link_expires_at)
        for _ in range(3):
            await client.get(f"/join/confirm/{token}", follow_redirects=True)
    assert await outbox(rt, MemberJoined) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "Navn må fylles ut"),
        ({"name": "x" * 101}, "høyst 100 tegn"),
        ({"name": "Kari\u202eirak"}, "usynlige tegn"),
        ({"name": "Kari\x00"}, "usynlige tegn"),
        ({"email": "kari"}, "E-post må skrives slik"),
        ({"year_of_birth": "åtti"}, "fire sifre"),
        ({"year_of_birth": "2020"}, "minst 15 år"),
        ({"gender": "robot"}, "Kjønn må velges"),
        ({"postcode": "1300"}, "postboks"),
        ({"postcode": "0150"}, "en annen kommune"),
        ({"old_enough": ""}, "fylt 15 år"),
        ({"purposes": ["everything"]}, "fra listen"),
    ],
)
async def test_bad_input_gets_a_clear_message_and_changes_nothing(
    rt: Runtime, change: dict[str, Any], words: str
) -> None:
    async with browser(rt) as client:
        response = await send(client, rt, **change)
    assert response.status_code == 422
    assert words in response.text
    assert "Traceback" not in response.text
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(Member)) == 0


async def test_what_no_person_would_send_is_refused_or_ignored(rt: Runtime) -> None:
    async with browser(rt) as client:
        assert (await client.post("/join", data=FORM)).status_code == 422
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


async def test_fifty_people_confirming_at_once_reach_the_threshold_once(rt: Runtime) -> None:
    async with rt.transaction() as session:
        await session.execute(sa.update(Panel).values(size=175))
    ids = []
    for number in range(50):
        form = JoinInput.model_validate({**FORM, "email": f"p{number}@example.org"})
        async with rt.transaction() as session:
            await store.sign_up(session, form, rt.now(), unconfirmed_days=7, consent_version="t")
            found = await store.member_by_email(session, form.email)
            assert found is not None
            ids.append(found)

    async def admit(member_id: Any) -> None:
        async with rt.transaction() as session:
            member = await store.lock_member(session, member_id)
            assert member is not None
            await store.admit(session, member, rt.now())

    await asyncio.gather(*(admit(member_id) for member_id in ids))
    (reached,) = await outbox(rt, PanelThresholdReached)
    assert isinstance(reached, PanelThresholdReached)
    assert (reached.size, reached.panel_size) == (200, 200)
    assert len(await outbox(rt, MemberJoined)) == 50
    async with rt.transaction() as session:
        assert await store.panel_size(session) == 225


async def test_unconfirmed_sign_ups_vanish_after_a_week(rt: Runtime) -> None:
    async with browser(rt) as client:
        await send(client, rt)
    await jobs.forget_unconfirmed(rt)
    assert await outbox(rt, ContactRemoved) == []
    move(rt, timedelta(days=7, minutes=1))
    await jobs.forget_unconfirmed(rt)
    assert len(await outbox(rt, ContactRemoved)) == 1
    assert await outbox(rt, ContactChanged, ConfirmationRequested) == []


async def test_leaving_leaves_no_byte_of_the_person_in_the_schema(rt: Runtime) -> None:
    async with browser(rt) as client:
        await send(client, rt)
        (asked,) = await outbox(rt, ConfirmationRequested)
        assert isinstance(asked, ConfirmationRequested)
        await confirm(client, rt, asked)
    async with rt.transaction() as session:
        member = await store.lock_member(session, asked.member_id)
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
        assert await store.panel_size(session) == 0
