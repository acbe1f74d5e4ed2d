"""Two people, or two presses, with one address: the second waits for the first."""

import asyncio

from services.registration.joining.domain import JoinInput, Rules
from services.registration.joining.signing_up import sign_up
from shared.service import Runtime
from tests.registration.given import FORM
from tests.waiting import waits


async def test_two_sign_ups_with_one_address_at_once_are_one_applicant(rt: Runtime) -> None:
    rules = Rules(rt.profile.numbers, rt.today(), rt.profile.minimum_age)
    first, second = (
        JoinInput.model_validate({**FORM, "email": email}, context=rules)
        for email in ("kari@example.org", "Kari@Example.org")
    )

    async def again() -> tuple[object, int]:
        async with rt.transaction() as session:
            return await sign_up(session, second, rt.now(), unconfirmed_days=7, consent_version="t")

    async with rt.transaction() as session:
        answer = await sign_up(session, first, rt.now(), unconfirmed_days=7, consent_version="t")
        pressing = asyncio.create_task(again())
        assert await waits(rt, pressing)
    assert await pressing == (answer[0], 2)
