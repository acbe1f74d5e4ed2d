"""A made-up resident takes part on every page and is counted nowhere."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from services.registration.announcing import announce_installation
from services.registration.member_list.store import erasures
from services.registration.synthetic.admitting import clear_synthetic
from services.registration.tables import ErasureReceipt, Member, Panel
from shared.events import meetings, notifications, results, surveys
from shared.events.registration import MemberErased, MemberJoined, PanelThresholdReached
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, outbox, sign_in
from tests.registration.given import FORM, a_member, link

MADE_UP = "prove@panel.example.org"
RECEIPTS = [event.MemberDataErased for event in (surveys, notifications, meetings, results)]


@pytest.fixture
async def rt(runtime_of: Callable[..., Awaitable[Runtime]]) -> Runtime:
    """One member is enough for the first survey."""
    rt = await runtime_of("registration", synthetic_email=MADE_UP)
    await announce_installation(rt)
    async with rt.transaction() as session:
        await session.execute(sa.text("update registration.threshold set size = 1 where role = 'start'"))
    return rt


async def leave(client: httpx.AsyncClient, rt: Runtime, member_id: UUID) -> None:
    await client.post("/me", data={"id": str(member_id), "action": "leave", "sure": "yes"})
    deliver = Deliverer(rt)
    for receipt in RECEIPTS:
        await deliver(receipt(member_id=member_id, erased_at=rt.now()))


async def count(rt: Runtime, model: type[Member] | type[ErasureReceipt]) -> int:
    async with rt.transaction() as session:
        return await session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


async def figures(rt: Runtime) -> object:
    assert rt.service.gauges is not None
    async with rt.transaction() as session:
        return dict(await rt.service.gauges(session))["members"]


async def test_it_takes_part_and_is_counted_nowhere(rt: Runtime) -> None:
    async with browser(rt) as client, browser(rt) as staff:
        # Another spelling of the address is no way past the limit.
        member_id = await a_member(client, rt, email=MADE_UP.upper())
        await client.get(f"/me/sign-in/{await link(client, rt, MADE_UP)}")
        assert (await client.post("/me/sign-in", data={"id": str(member_id)})).headers["location"].startswith("/me?")
        (member_event,) = await outbox(rt, MemberJoined)
        assert isinstance(member_event, MemberJoined)
        assert (member_event.status, member_event.standing) == ("synthetic", "synthetic")
        assert "Gå ut av panelet" in (await client.get(f"/me?id={member_id}")).text
        assert await outbox(rt, PanelThresholdReached) == []
        assert await figures(rt) == {}
        async with rt.transaction() as session:
            assert await session.scalar(sa.select(Panel.size)) in (None, 0)
        sign_in(rt, staff, "editor", "dpo")
        assert str(FORM["name"]) not in (await staff.get("/staff/registration/members")).text
        # A pause would make the made-up resident a member.
        await client.post("/me", data={"id": str(member_id), "action": "resume"})
        assert (await outbox(rt, MemberJoined)) == [member_event]
        assert await figures(rt) == {}

        await leave(client, rt, member_id)
        assert [event.subject for event in await outbox(rt, MemberErased)] == [member_id]
        assert "4 av 4" in (await client.get(f"/me/left?id={member_id}")).text
        async with rt.transaction() as session:
            assert await erasures(session) == []
        assert str(member_id) not in (await staff.get("/staff/registration/erasures")).text
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(Panel.size)) in (None, 0)


async def test_anybody_else_is_counted(rt: Runtime) -> None:
    """What the test above would look like without the setting."""
    async with browser(rt) as client:
        await a_member(client, rt)
    (event,) = await outbox(rt, MemberJoined)
    assert isinstance(event, MemberJoined)
    assert event.status == "active"
    assert len(await outbox(rt, PanelThresholdReached)) == 1
    assert await figures(rt) == {"active": 1.0}


async def test_a_walk_that_ended_on_the_way_is_cleared_and_no_row_is_left(rt: Runtime) -> None:
    async with browser(rt) as client:
        member_id = await a_member(client, rt, email=MADE_UP)
        other = await a_member(client, rt)
        await clear_synthetic(rt)
        assert await outbox(rt, MemberErased) == []
        move(rt, timedelta(hours=2))
        await clear_synthetic(rt)
        assert [event.subject for event in await outbox(rt, MemberErased)] == [member_id]
        for receipt in RECEIPTS[:3]:
            await Deliverer(rt)(receipt(member_id=member_id, erased_at=rt.now()))
        move(rt, timedelta(hours=2))
        await clear_synthetic(rt)
        assert await count(rt, Member) == 2
        await Deliverer(rt)(RECEIPTS[3](member_id=member_id, erased_at=rt.now()))
        await clear_synthetic(rt)
        assert (await count(rt, Member), await count(rt, ErasureReceipt)) == (1, 0)
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(Member.id)) == other
