"""Staff see on every service's card that events could not be used, or that new ones are stuck."""

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from shared.ids import new_id
from shared.mechanism import mechanism
from shared.service import Runtime
from shared.services import SERVICES
from shared.testing import browser, sign_in

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
    minutes = {60.0: "i 1 minutt<", 150.0: "i 2 minutter<"}.get(seconds, "")
    assert ("har stått fast" in card, "har stått fast" in page) == (bool(minutes), bool(minutes))
    assert minutes in card
    assert (f'href="/staff/{service}/dead-letters"' in card) == bool(letters or minutes)
