"""A public draw: committed to before anybody can know it, picked by public randomness, never made again."""

import hashlib
import json
import re
from collections import Counter
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from services.meetings import verify
from services.meetings.seats.answering import Reply
from services.meetings.seats.drawing import draw_meeting
from services.meetings.seats.randomness import Announced
from services.meetings.tables import Candidate, Draw, Meeting
from shared.events.registration import AreaMargin, MemberErased, MemberLeft
from shared.service import Runtime
from shared.testing import Deliverer, browser
from tests.meetings.given import a_committed_draw, a_drawn_meeting, a_meeting, invitations, reply, run_jobs
from tests.members import joined, many, margins


async def test_what_is_promised_stands_in_public_before_the_draw_and_in_the_file_after_it(
    rt: Runtime, deliver: Deliverer
) -> None:
    """docs/draw.md by the verifier, and root and ticket without the program's own code."""
    await deliver(margins(), *many(rt.now(), 40), *(joined(rt.now(), gender="other") for _ in range(3)))
    meeting = await a_meeting(rt, seats=7)
    committed = await a_committed_draw(rt, meeting, Announced("lottery", "Lotto 5. desember 2026", 3))
    assert committed.digest is not None
    async with browser(rt) as client:
        page = (await client.get(f"/meetings/{meeting.slug}")).text
        assert committed.digest in page
        assert "Lotto 5. desember 2026" in page
        before = (await client.get(f"/meetings/{meeting.slug}/draw.json")).json()
        async with rt.transaction() as session:
            await draw_meeting(session, meeting.id, "14, 8 og 3", rt.now())
        after = (await client.get(f"/meetings/{meeting.slug}/draw.json")).json()
        program = (await client.get("/meetings/verify.py")).content
    assert before["promise"] == after["promise"]
    assert before["promise"]["verifier"] == hashlib.sha256(program).hexdigest()
    assert [line[-64:] for line in (verify.check(before)[-1], verify.check(after)[-1])] == [committed.digest] * 2
    async with rt.transaction() as session:
        people = (await session.scalars(sa.select(Candidate).order_by(Candidate.number))).all()

    def sha256(head: bytes, *parts: Any) -> str:
        return hashlib.sha256(head + json.dumps(parts, separators=(",", ":")).encode()).hexdigest()

    row = sorted(
        sha256(b"\0", sha256(b"\2", person.salt, str(person.member_id)), [person.gender, person.band, person.area])
        for person in people
    )
    while len(row) > 1:
        pairs = [row[place : place + 2] for place in range(0, len(row), 2)]
        row = [hashlib.sha256(b"\1" + bytes.fromhex("".join(p))).hexdigest() if p[1:] else p[0] for p in pairs]
    assert row == [after["promise"]["root"]]
    assert after["outcome"]["ticket"] == int(sha256(b"", committed.digest, "3 8 14", ""), 16) % 10**9
    assert sum(after["outcome"]["tallies"][:2]) == 7 == len(await invitations(rt))


CHANGES = {
    "Antallet plasser": "update meetings.meeting set seats = seats + 1",
    "Trekningen er endret": "update meetings.draw set seats = seats + 1",
    "Kvotene": "update meetings.draw set limits = jsonb_set(limits, '{0,least}', '0')",
    "Frøet": "update meetings.meeting set seed = 'another'",
    "Løftet": "update meetings.draw set promise = jsonb_set(promise, '{panels,0,tickets}', '1')",
    "Løftet er et annet": "update meetings.draw set digest = repeat('0', 64)",
    "Typene": "update meetings.draw set full_part = jsonb_set(full_part, '{salt}', '\"x\"')",
    "Listen over deltakere": "update meetings.draw_candidate set person = repeat('0', 64) where number = 3",
    "Trekningen er": "update meetings.draw set announced = jsonb_build_object('kind', 'drand', 'round', 1)",
}


@pytest.mark.parametrize("what", CHANGES)
async def test_what_is_changed_in_the_database_afterwards_is_refused_in_words(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient, what: str
) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    meeting = await a_meeting(rt)
    page = f"/staff/meetings/{meeting.id}/draw"
    await a_committed_draw(rt, meeting)
    assert "Trekk og inviter 6" in (await editor.get(page)).text
    async with rt.transaction() as session:
        await session.execute(sa.text(CHANGES[what]))
    page_text = (await editor.get(page)).text
    assert what in page_text
    assert "Ingen kan trekkes med den" in page_text
    assert "Trekk og inviter" not in page_text
    error_page = await editor.post(page, data={"action": "draw", "randomness": "437"})
    assert (error_page.status_code, what in error_page.text) == (422, True)
    assert await invitations(rt) == []


@pytest.mark.parametrize("change", ["randomness = '438'", "ticket = 438", "digest = repeat('0', 64)"])
async def test_an_outcome_changed_in_the_database_afterwards_is_said_in_public(
    rt: Runtime, deliver: Deliverer, change: str
) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    meeting = await a_drawn_meeting(rt)
    async with rt.transaction() as session:
        await session.execute(sa.text(f"update meetings.draw set {change}"))
    async with browser(rt) as client:
        assert "er endret etter at den ble kunngjort" in (await client.get(f"/meetings/{meeting.slug}")).text
        file = (await client.get(f"/meetings/{meeting.slug}/draw.json")).json()
    with pytest.raises(verify.Refused):
        verify.check(file)


async def test_a_seed_changed_after_the_draw_fills_no_seat(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    meeting = await a_drawn_meeting(rt)
    no, *_ = await invitations(rt)
    await reply(rt, no, Reply.NO)
    async with rt.transaction() as session:
        await session.execute(sa.update(Meeting).values(seed="another"))
    await run_jobs(rt)
    assert len(await invitations(rt)) == 6
    for page in (f"/staff/meetings/{meeting.id}", f"/meetings/{meeting.slug}"):
        assert "Frøet for dem som erstatter er endret" in (await editor.get(page)).text
    async with rt.transaction() as session:
        await session.execute(sa.update(Meeting).values(seed=meeting.seed))
    await run_jobs(rt)
    assert len(await invitations(rt)) == 7


async def test_nobody_draws_again_and_a_draw_given_up_stays_public(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    meeting = await a_meeting(rt)
    page = f"/staff/meetings/{meeting.id}/draw"
    first = await a_committed_draw(rt, meeting)
    await editor.post(page, data={"action": "prepare"})
    assert (await editor.post(f"/staff/meetings/{meeting.id}/quotas", data={"action": "panel"})).status_code == 303
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(Draw)) == 1
        assert (await session.get_one(Meeting, meeting.id)).limits is None, "quotas are fixed once committed to"
    without = await editor.post(page, data={"action": "cancel"})
    assert (without.status_code, "Grunnen blir offentlig" in without.text) == (422, True)
    why = {"action": "cancel", "reason": "Terningene falt på gulvet."}
    assert (await editor.post(page, data=why)).status_code == 303
    second = await a_committed_draw(rt, meeting)
    assert second.digest not in (None, first.digest)
    assert second.digest is not None
    for dice in ("437", "438"):
        await editor.post(page, data={"action": "draw", "randomness": dice})
    await editor.post(page, data={"action": "cancel"})
    public = (await editor.get(f"/meetings/{meeting.slug}")).text
    assert "Terningene falt på gulvet." in public
    assert second.digest in public
    file = (await editor.get(f"/meetings/{meeting.slug}/draw.json")).json()
    assert (file["digest"], file["outcome"]["ticket"]) == (second.digest, 437)
    assert file["outcome"]["randomness"] == {"kind": "dice", "value": "437"}
    given_up = (await editor.get(f"/meetings/{meeting.slug}/draws/{first.digest}.json")).json()
    assert (given_up["digest"], given_up["reason"]) == (first.digest, "Terningene falt på gulvet.")
    assert "outcome" not in given_up
    verify.check(given_up)
    assert all(group["pool"] >= 5 for group in file["promise"]["groups"])
    assert len(await invitations(rt)) == 6


async def test_who_is_erased_between_commitment_and_draw_is_not_asked_and_the_root_still_holds(
    rt: Runtime, deliver: Deliverer
) -> None:
    people = many(rt.now(), 6)
    await deliver(margins(), *people, *many(rt.now(), 1))
    meeting = await a_meeting(rt, seats=6)
    draw = await a_committed_draw(rt, meeting)
    member_id = people[0].member_id
    await deliver(
        MemberLeft(member_id=member_id, left_at=rt.now()), MemberErased(member_id=member_id, erased_at=rt.now())
    )
    async with rt.transaction() as session:
        result = await draw_meeting(session, meeting.id, "001", rt.now())
        assert result is not None
        rows = (await session.scalars(sa.select(Candidate).where(Candidate.member_id.is_(None)))).all()
    assert [(row.salt, len(row.person or "")) for row in rows] == [(None, 64)]
    assert member_id not in {row.member_id for row in await invitations(rt)}
    assert draw.root is not None


async def test_who_was_asked_lately_is_left_out_and_counted(rt: Runtime, deliver: Deliverer) -> None:
    await deliver(margins(), *many(rt.now(), 30), joined(rt.now(), status="paused"), joined(rt.now(), purposes=()))
    await a_drawn_meeting(rt)
    guests = {row.member_id for row in await invitations(rt)}
    draw = await a_committed_draw(rt, await a_meeting(rt, rest_days=30))
    assert draw.left_out == {"rested": 6, "paused": 1, "unwilling": 1}
    async with rt.transaction() as session:
        pool = set(await session.scalars(sa.select(Candidate.member_id).where(Candidate.draw_id == draw.id)))
    assert len(pool) == 24
    assert not pool & guests


async def test_the_area_is_a_stratum_of_the_draw(rt: Runtime, deliver: Deliverer) -> None:
    areas = (
        AreaMargin(area="ost", label="Øst", population=3000),
        AreaMargin(area="vest", label="Vest", population=1000),
    )
    people = [
        person.model_copy(update={"area": "vest" if n < 30 else "ost"}) for n, person in enumerate(many(rt.now(), 40))
    ]
    await deliver(margins().model_copy(update={"area_margins": areas, "area_source": "Kommunen, 2005"}), *people)
    meeting = await a_drawn_meeting(rt, seats=8)
    assert Counter(row.area for row in await invitations(rt)) == {"ost": 6, "vest": 2}
    async with browser(rt) as client:
        page = (await client.get(f"/meetings/{meeting.slug}")).text
    for row in ("Øst</th>10</td>6</td>", "Vest</th>30</td>2</td>"):
        assert row in re.sub("<td[^>]*>", "", page), "in the pool, and the quota"
    assert "Kommunen, 2005" in page
