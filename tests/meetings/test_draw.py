"""A public draw: committed to before anybody can know it, picked by public randomness, never made again."""

import hashlib
import json
from collections import Counter

import httpx
import sqlalchemy as sa

from services.meetings.seats.drawing import draw_meeting
from services.meetings.seats.preparing import prepare_draws
from services.meetings.tables import Candidate, Draw, Meeting
from shared.events.registration import AreaMargin, MemberErased, MemberLeft
from shared.service import Runtime
from shared.testing import Deliverer, browser
from tests.meetings.given import a_committed_draw, a_drawn_meeting, a_meeting, invitations, joined, many, margins


async def test_the_commitment_stands_before_the_draw_and_can_be_checked_by_the_written_recipe(
    rt: Runtime, deliver: Deliverer
) -> None:
    """docs/decisions/0013, without the program's own code."""
    await deliver(margins(), *many(rt.now(), 40), *(joined(rt.now(), gender="other") for _ in range(3)))
    meeting = await a_meeting(rt, seats=7)
    committed = await a_committed_draw(rt, meeting)
    assert committed.root is not None
    async with browser(rt) as client:
        assert committed.root in (await client.get(f"/meetings/{meeting.slug}")).text
    async with rt.transaction() as session:
        await draw_meeting(session, meeting.id, "Lotto 3 8 14", rt.now())
    async with rt.transaction() as session:
        draw = await session.get_one(Draw, committed.id)
        people = (await session.scalars(sa.select(Candidate).order_by(Candidate.number))).all()

    def fingerprint(*parts: str) -> str:
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    terms = {"draw": str(draw.id), "seats": 7, "quotas": draw.limits, "method": "tickets-2"}
    level = [fingerprint("terms", json.dumps(terms, sort_keys=True, separators=(",", ":"), ensure_ascii=False))]
    level += [
        fingerprint("candidate", one.salt or "", str(one.member_id), one.gender, one.band, one.area) for one in people
    ]
    assert draw.tickets is not None
    level += [fingerprint("ticket", str(n), *map(str, ticket)) for n, ticket in enumerate(draw.tickets)]
    while len(level) > 1:
        level = [fingerprint("node", *level[place : place + 2]) for place in range(0, len(level), 2)]
    assert level == [draw.root] == [committed.root]
    words = f"{draw.root}:Lotto 3 8 14"
    assert draw.ticket == int.from_bytes(hashlib.sha256(words.encode()).digest(), "big") % 1000
    on_ticket = {people[place].member_id for place in draw.tickets[draw.ticket]}
    assert on_ticket == {row.member_id for row in await invitations(rt)}


async def test_nobody_draws_again_and_a_draw_given_up_stays_public(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    meeting = await a_meeting(rt)
    page = f"/staff/meetings/{meeting.id}/draw"
    first = await a_committed_draw(rt, meeting)
    assert first.root is not None
    await editor.post(page, data={"action": "prepare"})
    assert (await editor.post(f"/staff/meetings/{meeting.id}/quotas", data={"action": "panel"})).status_code == 303
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(Draw)) == 1
        assert (await session.get_one(Meeting, meeting.id)).limits is None, "quotas are fixed once committed to"
    assert (await editor.post(page, data={"action": "cancel"})).status_code == 303
    second = await a_committed_draw(rt, meeting)
    assert second.root not in (None, first.root)
    assert second.root is not None
    for dice in ("437", "438"):
        await editor.post(page, data={"action": "draw", "randomness": dice})
    await editor.post(page, data={"action": "cancel"})
    public = (await editor.get(f"/meetings/{meeting.slug}")).text
    assert first.root[:16] in public
    assert second.root in public
    file = (await editor.get(f"/meetings/{meeting.slug}/draw.json")).json()
    assert (file["root"], file["ticket"], file["randomness"]) == (second.root, 437, "437")
    assert [one["root"] for one in file["cancelled"]] == [first.root]
    assert all(group["pool"] >= 5 for group in file["groups"])
    assert len(await invitations(rt)) == 6


async def test_a_job_that_dies_in_the_middle_comes_to_the_same(rt: Runtime, deliver: Deliverer) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    meeting = await a_meeting(rt)
    draw = await a_committed_draw(rt, meeting)
    async with rt.transaction() as session:
        await session.execute(sa.update(Draw).values(state="preparing", root=None, tickets=None))
    await prepare_draws(rt)
    async with rt.transaction() as session:
        assert (await session.get_one(Draw, draw.id)).root == draw.root


async def test_who_is_erased_between_commitment_and_draw_is_not_asked_and_the_root_still_holds(
    rt: Runtime, deliver: Deliverer
) -> None:
    people = many(rt.now(), 6)
    await deliver(margins(), *people, *many(rt.now(), 1))
    meeting = await a_meeting(rt, seats=6)
    draw = await a_committed_draw(rt, meeting)
    gone = people[0].member_id
    await deliver(MemberLeft(member_id=gone, left_at=rt.now()), MemberErased(member_id=gone, erased_at=rt.now()))
    async with rt.transaction() as session:
        drawn = await draw_meeting(session, meeting.id, "001", rt.now())
        assert drawn is not None
        rows = (await session.scalars(sa.select(Candidate).where(Candidate.member_id.is_(None)))).all()
    assert [(row.salt, len(row.leaf)) for row in rows] == [(None, 64)]
    assert gone not in {row.member_id for row in await invitations(rt)}
    assert draw.root is not None


async def test_who_was_asked_lately_is_left_out_and_counted(rt: Runtime, deliver: Deliverer) -> None:
    await deliver(margins(), *many(rt.now(), 30), joined(rt.now(), status="paused"), joined(rt.now(), purposes=()))
    await a_drawn_meeting(rt)
    asked = {row.member_id for row in await invitations(rt)}
    draw = await a_committed_draw(rt, await a_meeting(rt, rest_days=30))
    assert draw.left_out == {"rested": 6, "paused": 1, "unwilling": 1}
    async with rt.transaction() as session:
        pool = set(await session.scalars(sa.select(Candidate.member_id).where(Candidate.draw_id == draw.id)))
    assert len(pool) == 24
    assert not pool & asked


async def test_the_area_is_a_stratum_of_the_draw(rt: Runtime, deliver: Deliverer) -> None:
    areas = (
        AreaMargin(area="ost", label="Øst", population=3000),
        AreaMargin(area="vest", label="Vest", population=1000),
    )
    people = [one.model_copy(update={"area": "vest" if n < 30 else "ost"}) for n, one in enumerate(many(rt.now(), 40))]
    await deliver(margins().model_copy(update={"area_margins": areas, "area_source": "Kommunen, 2005"}), *people)
    meeting = await a_drawn_meeting(rt, seats=8)
    assert Counter(row.area for row in await invitations(rt)) == {"ost": 6, "vest": 2}
    async with browser(rt) as client:
        page = (await client.get(f"/meetings/{meeting.slug}")).text
    assert "6 fra Øst, 2 fra Vest" in page
    assert "Kommunen, 2005" in page
