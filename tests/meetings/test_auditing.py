"""The files the service gives: the public one and the auditor's, checked by the verifier alone, true and falsified."""

import copy
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from services.meetings import verify
from services.meetings.forgetting import forget_participation
from services.meetings.seats.drawing import draw_meeting
from services.meetings.seats.randomness import Announced
from services.meetings.state import state_events
from services.meetings.tables import AuditedDraw, Candidate, Draw, Meeting
from shared.events.meetings import DrawProofIssued, MemberEnteredDraw
from shared.events.registration import AreaMargin, MemberErased, MemberLeft
from shared.messaging.outbox import emit_state
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, outbox, sign_in
from tests.meetings.cheats import SEEN_BY_ALL, SEEN_BY_AUDITORS
from tests.meetings.given import a_committed_draw, a_drawn_meeting, a_meeting
from tests.meetings.test_domain_verify import run
from tests.members import joined, many, margins


async def a_seeded_meeting(rt: Runtime, deliver: Deliverer) -> Meeting:
    """A meeting drawn by words, with areas, somebody of no stated gender, and one erased before the draw."""
    areas = tuple(AreaMargin(area=area, label=area.title(), population=1000) for area in ("ost", "vest"))
    people = [*many(rt.now(), 40), *(joined(rt.now(), gender="other") for _ in range(2))]
    people = [person.model_copy(update={"area": ("ost", "vest", None)[n % 3]}) for n, person in enumerate(people)]
    await deliver(margins().model_copy(update={"area_margins": areas}), *people)
    meeting = await a_meeting(rt, seats=8)
    await a_committed_draw(rt, meeting, Announced("seed"))
    member_id = people[0].member_id
    await deliver(
        MemberLeft(member_id=member_id, left_at=rt.now()), MemberErased(member_id=member_id, erased_at=rt.now())
    )
    async with rt.transaction() as session:
        result = await draw_meeting(session, meeting.id, "ti grønne  epler", rt.now())
    assert result is not None
    return result


async def files_of(rt: Runtime, meeting: Meeting) -> tuple[dict[str, Any], dict[str, Any]]:
    """The public file and the auditor's, as pages give them."""
    async with browser(rt) as client:
        public = (await client.get(f"/meetings/{meeting.slug}/draw.json")).json()
        sign_in(rt, client, "dpo")
        page = f"/staff/meetings/{meeting.id}/auditor"
        full = (await client.post(page, data={"auditor": "Rita Revisor"})).json()
    return public, full


async def test_files_the_service_gives_are_accepted_and_every_falsified_one_is_refused(
    rt: Runtime, deliver: Deliverer, tmp_path: Path
) -> None:
    meeting = await a_seeded_meeting(rt, deliver)
    public, full = await files_of(rt, meeting)
    for honest in (public, full):
        code, output = run(honest, tmp_path)
        assert (code, output.splitlines()[-1]) == (0, "Alt som kan sjekkes i denne filen, stemmer.")
        assert public["digest"] in output
    for honest, cheats in ((public, SEEN_BY_ALL), (full, SEEN_BY_AUDITORS)):
        for cheat in cheats:
            file = copy.deepcopy(honest)
            cheat(file)
            with pytest.raises((verify.Refused, KeyError)):
                verify.check(file)


async def test_no_file_names_anybody_and_small_groups_stand_together(rt: Runtime, deliver: Deliverer) -> None:
    meeting = await a_seeded_meeting(rt, deliver)
    public, full = await files_of(rt, meeting)
    async with rt.transaction() as session:
        people = (await session.scalars(sa.select(Candidate))).all()
    text = str(full)
    assert not any(str(person.member_id) in text or str(person.salt) in text for person in people if person.member_id)
    assert len(full["entries"]) == 42, "an erased person's fingerprint and type stay, or nobody could check"
    assert "entries" not in public
    assert "full" not in set(public)
    groups = public["promise"]["groups"]
    assert [(group["values"], group["pool"]) for group in groups if group["feature"] == "gender"] == [
        (["female"], 20), (["male", "other"], 22),
    ]  # fmt: skip
    assert all(group["pool"] >= 5 for group in groups)
    assert all(group["lowest"] <= group["highest"] for group in groups)
    assert all(group["rounding"] <= public["promise"]["rounding"] for group in groups)


async def test_the_full_file_is_for_a_named_auditor_by_the_right_role_and_ends(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    meeting = await a_drawn_meeting(rt)
    page = f"/staff/meetings/{meeting.id}/auditor"
    assert (await editor.get(page)).status_code in (403, 404)
    assert (await editor.post(page, data={"auditor": "Rita Revisor"})).status_code in (403, 404)
    assert "fulle fil" not in (await editor.get(f"/staff/meetings/{meeting.id}")).text
    async with browser(rt) as client:
        sign_in(rt, client, "dpo")
        assert page in (await client.get(f"/staff/meetings/{meeting.id}")).text
        assert (await client.post(page, data={"auditor": " "})).status_code == 422
        assert (await client.post(page, data={"auditor": "Rita Revisor", "draw": "0" * 64})).status_code == 404
        page_shown = await client.post(page, data={"auditor": "Rita Revisor"})
        assert "attachment" in page_shown.headers["content-disposition"]
        assert "Rita Revisor" in (await client.get(page)).text
        assert "ga en revisor trekningens fulle fil" in (await client.get(f"/staff/meetings/{meeting.id}")).text
        move(rt, timedelta(days=28 + 3 * 365 + 1))
        await forget_participation(rt)
        sign_in(rt, client, "dpo")
        assert (await client.post(page, data={"auditor": "Rita Revisor"})).status_code == 404
        public = (await client.get(f"/meetings/{meeting.slug}/draw.json")).json()
        assert "er endret" not in (await client.get(f"/meetings/{meeting.slug}")).text
    verify.check(public)
    async with rt.transaction() as session:
        for table in (Candidate, AuditedDraw):
            assert await session.scalar(sa.select(sa.func.count()).select_from(table)) == 0
        (draw,) = await session.scalars(sa.select(Draw))
    assert (draw.full_part, draw.salt) == (None, None)


def proof_of(fact: DrawProofIssued) -> dict[str, Any]:
    """As the own page gives it."""
    entry = {"salt": fact.salt, "id": str(fact.member_id), "type": list(fact.kind)}
    return {"entry": entry, "proof": [list(step) for step in fact.path], "root": fact.root}


async def test_everybody_in_the_pool_is_told_the_proof_of_it_and_an_erased_one_leaves_no_salt(
    rt: Runtime, deliver: Deliverer, tmp_path: Path
) -> None:
    meeting = await a_seeded_meeting(rt, deliver)
    public, _ = await files_of(rt, meeting)
    facts = [fact for fact in await outbox(rt, DrawProofIssued) if isinstance(fact, DrawProofIssued)]
    chances = [fact for fact in await outbox(rt, MemberEnteredDraw) if isinstance(fact, MemberEnteredDraw)]
    assert len(facts) == len(chances) == 41, "one was erased before"
    for fact in facts:
        assert (fact.root, fact.digest) == (public["promise"]["root"], public["digest"])
        verify.check(proof_of(fact))
    assert run(proof_of(facts[0]), tmp_path)[0] == 0
    with pytest.raises(verify.Refused):
        verify.check(proof_of(facts[0].model_copy(update={"member_id": facts[1].member_id})))
    leaver = next(fact for fact in chances if fact.drawn).member_id
    await deliver(MemberLeft(member_id=leaver, left_at=rt.now()), MemberErased(member_id=leaver, erased_at=rt.now()))
    async with rt.transaction() as session:
        salts = (await session.execute(sa.select(Candidate.salt, Candidate.member_id))).all()
    assert sum(salt is None for salt, _ in salts) == 2 == sum(member_id is None for _, member_id in salts)
    proofs = [fact for fact in await outbox(rt, DrawProofIssued) if isinstance(fact, DrawProofIssued)]
    assert leaver not in {fact.member_id for fact in proofs}
    for file in await files_of(rt, meeting):
        verify.check(file)
    async with rt.transaction() as session:
        count = await emit_state(session, state_events(session))
    assert count > 80
    again = [fact for fact in await outbox(rt, DrawProofIssued) if isinstance(fact, DrawProofIssued)][len(proofs) :]
    assert len(again) == 40
    for fact in again:
        verify.check(proof_of(fact))
