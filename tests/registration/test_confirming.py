"""Confirming: each link once and for what was filled in for it; exactly one threshold, however many press at once."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from services.registration.joining import confirming
from services.registration.joining.domain import JoinInput
from services.registration.joining.signing_up import forget_unconfirmed, sign_up
from services.registration.store import lock_member, member_by_email
from services.registration.tables import Panel
from shared.events.registration import (
    ConfirmationRequested,
    ContactChanged,
    ContactRemoved,
    MemberJoined,
    PanelThresholdReached,
)
from shared.service import Runtime
from shared.testing import browser, move, outbox
from tests.backends import eventually, waits_for_a_lock
from tests.registration.given import FORM, confirm, confirm_page, send


async def test_a_resident_signs_up_confirms_and_is_a_member_once(rt: Runtime) -> None:
    async with browser(rt) as client:
        assert (await send(client, rt)).headers["location"].startswith("/join/sent?id=")
        (request,) = await outbox(rt, ConfirmationRequested)
        assert isinstance(request, ConfirmationRequested)
        assert await outbox(rt, MemberJoined) == []
        assert "Velkommen" in (await confirm(client, rt, request)).text
        twice = await client.post("/join/confirm", data={"id": str(request.member_id)}, follow_redirects=True)
        assert "Velkommen" in twice.text, "a double click says the same"
        token = rt.links.make("confirm", request.member_id, request.generation, request.link_expires_at)
        again = await client.get(f"/join/confirm/{token}", follow_redirects=True)
        assert "Velkommen" in again.text, "the link of somebody who is a member says so"
    (event,) = await outbox(rt, MemberJoined)
    assert isinstance(event, MemberJoined)
    assert event.purposes == ("results", "surveys")
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(Panel.size)) == 1


async def test_a_mail_scanner_that_opens_the_link_changes_nothing(rt: Runtime) -> None:
    async with browser(rt) as client:
        await send(client, rt)
        (request,) = await outbox(rt, ConfirmationRequested)
        assert isinstance(request, ConfirmationRequested)
        token = rt.links.make("confirm", request.member_id, request.generation, request.link_expires_at)
        for _ in range(3):
            await client.get(f"/join/confirm/{token}", follow_redirects=True)
    assert await outbox(rt, MemberJoined) == []


async def test_fifty_people_confirming_at_once_reach_the_threshold_once(rt: Runtime) -> None:
    async with rt.transaction() as session:
        await session.execute(sa.update(Panel).values(size=175))
    ids = []
    for number in range(50):
        form = JoinInput.model_validate({**FORM, "email": f"p{number}@example.org"})
        async with rt.transaction() as session:
            await sign_up(session, form, rt.now(), unconfirmed_days=7, consent_version="t")
            somebody = await member_by_email(session, form.email)
            assert somebody is not None
            ids.append(somebody)

    async def admit(member_id: Any) -> None:
        async with rt.transaction() as session:
            member = await lock_member(session, member_id)
            assert member is not None
            assert await confirming.confirm(session, member, 1, rt.now())

    await asyncio.gather(*(admit(member_id) for member_id in ids))
    (reached,) = await outbox(rt, PanelThresholdReached)
    assert isinstance(reached, PanelThresholdReached)
    assert (reached.size, reached.panel_size) == (200, 200)
    assert len(await outbox(rt, MemberJoined)) == 50
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(Panel.size)) == 225


async def test_fifty_people_pressing_the_button_at_once_reach_the_threshold_once(rt: Runtime) -> None:
    async with rt.transaction() as session:
        await session.execute(sa.update(Panel).values(size=175))
    async with AsyncExitStack() as stack:
        browsers = [await stack.enter_async_context(browser(rt)) for _ in range(5)]
        for number in range(50):
            await send(browsers[0], rt, email=f"p{number}@example.org")
        requests = await outbox(rt, ConfirmationRequested)
        clicks = []
        for number, request in enumerate(requests):
            assert isinstance(request, ConfirmationRequested)
            client = browsers[number % 5]
            await client.get(f"/join/confirm/{rt.links.make('confirm', request.member_id, 1, request.link_expires_at)}")
            clicks += [client.post("/join/confirm", data={"id": str(request.subject)}) for _ in range(2)]
        answers = await asyncio.gather(*clicks)
    assert {answer.headers["location"] for answer in answers} == {
        f"/join/welcome?id={event.subject}" for event in requests
    }
    assert len(await outbox(rt, PanelThresholdReached)) == 1
    assert len(await outbox(rt, MemberJoined)) == 50


async def test_a_browser_that_helps_many_people_join_keeps_few_cookies(rt: Runtime) -> None:
    """A server takes some thousands of bytes of them, then answers 431 to everything."""
    async with browser(rt) as client:
        for number in range(30):
            await send(client, rt, email=f"p{number}@example.org")
            request = (await outbox(rt, ConfirmationRequested))[-1]
            assert isinstance(request, ConfirmationRequested)
            await confirm(client, rt, request)
        assert len(client.cookies) < 15
    assert len(await outbox(rt, MemberJoined)) == 30


async def test_a_link_confirms_what_was_filled_in_for_it_and_nothing_that_came_later(rt: Runtime) -> None:
    async with browser(rt) as client:
        await send(client, rt)
        await send(client, rt, name="En Annen", year_of_birth="1950", purposes=["meetings"], email="Kari@example.org")
        first, second = await outbox(rt, ConfirmationRequested)
        assert isinstance(first, ConfirmationRequested)
        assert isinstance(second, ConfirmationRequested)
        page = await client.get(
            f"/join/confirm/{rt.links.make('confirm', second.member_id, 2, second.link_expires_at)}",
            follow_redirects=True,
        )
        assert "En Annen" in page.text
        assert "Kari Prøve" in (await confirm_page(client, rt, first)).text
        await confirm(client, rt, first)
    (event,) = await outbox(rt, MemberJoined)
    assert isinstance(event, MemberJoined)
    assert (event.year_of_birth, event.purposes) == (1980, ("results", "surveys"))
    last = (await outbox(rt, ContactChanged))[-1]
    assert isinstance(last, ContactChanged)
    assert (last.name, last.email) == ("Kari Prøve", "kari@example.org")


async def test_a_late_second_sign_up_gets_a_link_of_full_life(rt: Runtime) -> None:
    async with browser(rt) as client:
        await send(client, rt)
        move(rt, timedelta(days=6, hours=23))
        await send(client, rt)
    last = (await outbox(rt, ConfirmationRequested))[-1]
    assert isinstance(last, ConfirmationRequested)
    assert last.link_expires_at - rt.now() > timedelta(days=6, hours=23)
    move(rt, timedelta(days=1))
    await forget_unconfirmed(rt)
    assert await outbox(rt, ContactRemoved) == [], "the week counts from the latest sign-up"


async def test_a_link_that_expires_while_its_page_is_open_changes_nothing(rt: Runtime) -> None:
    async with browser(rt) as client:
        await send(client, rt)
        (request,) = await outbox(rt, ConfirmationRequested)
        assert isinstance(request, ConfirmationRequested)
        move(rt, timedelta(days=6, hours=23, minutes=59))
        assert "Ja, jeg vil være med" in (await confirm_page(client, rt, request)).text
        move(rt, timedelta(minutes=2))
        late = await client.post("/join/confirm", data={"id": str(request.member_id)})
    assert late.status_code == 410
    assert await outbox(rt, MemberJoined) == []


async def test_the_vanishing_job_and_a_confirmation_at_the_same_moment_do_not_deadlock(rt: Runtime) -> None:
    async with browser(rt) as client:
        await send(client, rt)
    (request,) = await outbox(rt, ConfirmationRequested)
    assert isinstance(request, ConfirmationRequested)
    move(rt, timedelta(days=8))
    holding, vanishing = asyncio.Event(), asyncio.Event()

    async def press() -> bool:
        async with rt.transaction() as session:
            member = await lock_member(session, request.member_id)
            assert member is not None
            holding.set()
            await vanishing.wait()
            return await confirming.confirm(session, member, 1, rt.now())

    async def vanish() -> None:
        await holding.wait()
        task = asyncio.create_task(forget_unconfirmed(rt))
        await eventually(lambda: waits_for_a_lock(rt))
        vanishing.set()
        await task

    confirmed, _ = await asyncio.gather(press(), vanish())
    assert confirmed
    assert len(await outbox(rt, MemberJoined)) == 1
    assert await outbox(rt, ContactRemoved) == []
