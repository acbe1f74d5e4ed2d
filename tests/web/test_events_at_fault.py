"""Staff see on every service's card that events could not be used, or that new ones are stuck."""

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from shared.events.registration import MemberChanged, MemberJoined
from shared.ids import new_id
from shared.mechanism import mechanism
from shared.messaging import dead_letters, subscribe
from shared.service import Runtime, Service
from shared.services import SERVICES
from shared.testing import Deliverer, browser, sign_in
from shared.web import dead_letter_pages
from tests.shared.test_inbox import Applied, joined

RuntimeOf = Callable[..., Awaitable[Runtime]]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(("seconds", "letters"), [(0.0, 0), (59.0, 1), (60.0, 2), (150.0, 0)])
async def test_a_card_says_what_is_wrong_with_events_and_leads_to_why(
    service: str, seconds: float, letters: int, runtime_of: RuntimeOf
) -> None:
    rt = await runtime_of(service)
    transport: Any = SimpleNamespace(stuck_seconds=seconds)
    rt.health.transport = transport
    async with rt.transaction() as session:
        for offset in range(letters):
            row = {"id": new_id(), "state": "dead", "reason": "KeyError", "topic": "surveys", "partition": 0}
            row |= {"offset": offset, "headers": {}, "payload": b""}
            await session.execute(sa.insert(mechanism(service).dead_letter).values(**row))
    async with browser(rt) as client:
        sign_in(rt, client, "reader")
        card = (await client.get(f"/staff/{service}/card")).text
        page = (await client.get(f"/staff/{service}/dead-letters")).text
    assert (f"{letters} hendelse" in card) == bool(letters)
    minutes = {60.0: "i 1 minutt.<", 150.0: "i 2 minutter.<"}.get(seconds, "")
    assert ("har stått fast" in card, "har stått fast" in page) == (bool(minutes), bool(minutes))
    assert minutes in card
    assert (f'href="/staff/{service}/dead-letters"' in card) == bool(letters or minutes)


@pytest.mark.parametrize(
    ("action", "deed"),
    [
        ("redrive", "results.dead_letters.redriven"),
        ("settle", "results.removed_events.settled"),
        ("reset", "results.lane.reset"),
    ],
)
async def test_what_staff_decide_about_events_is_audited(runtime_of: RuntimeOf, action: str, deed: str) -> None:
    rt = await runtime_of("results")
    async with browser(rt) as client:
        sign_in(rt, client, "editor")
        form = {"action": action, "id": str(new_id()), "topic": "registration"}
        assert (await client.post("/staff/results/dead-letters", data=form)).status_code == 303
    async with rt.transaction() as session:
        assert (await session.scalars(sa.select(mechanism("results").audit_entry.c.action))).all() == [deed]


async def test_staff_give_a_letter_up_after_a_second_question_and_what_waits_goes_on(
    runtime_of: RuntimeOf,
) -> None:
    applied = Applied()
    handlers = [subscribe("results.record", applied.apply, MemberJoined, MemberChanged)]
    pages = dead_letter_pages("results")
    runtime = await runtime_of(Service(name="results", package="services.results", handlers=handlers, pages=pages))
    deliver, broken = Deliverer(runtime), joined()
    applied.failing.add(broken.member_id)
    change = MemberChanged(**broken.model_dump())
    await deliver(broken)
    applied.failing.clear()
    await deliver(change)
    path = "/staff/results/dead-letters"
    async with runtime.transaction() as session:
        letter = next(row for row in await dead_letters.listed(session) if row.state == "dead")
    async with browser(runtime) as client:
        sign_in(runtime, client, "editor")
        page = (await client.get(path)).text
        assert f"registration, del 0, nr. {letter.offset}" in page
        assert f"{path}?give_up={letter.id}" in page
        assert 'value="drop"' not in page
        question = (await client.get(f"{path}?give_up={letter.id}")).text
        assert "Ja, gi opp" in question
        answer = await client.post(path, data={"action": "drop", "id": str(letter.id)}, follow_redirects=True)
    assert "Hendelsen er tatt ut av listen. 1 er brukt nå." in answer.text
    assert applied.events == [change]
    assert "1 er brukt nå. 0 står igjen." in answer.text
    async with runtime.transaction() as session:
        audit = mechanism("results").audit_entry
        assert (await session.scalars(sa.select(audit.c.action))).all() == ["results.dead_letter.dropped"]
