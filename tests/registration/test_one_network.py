"""How many mails one network can have us send to addresses somebody types, and what its next form is told."""

import httpx
import pytest
import sqlalchemy as sa

from services.registration.signing_in.sending import send_links
from services.registration.tables import SignInAsked
from shared.database import count_rows
from shared.events.registration import ConfirmationRequested, MemberChanged, SignInRequested
from shared.service import Runtime
from shared.settings import Settings
from shared.testing import browser, outbox
from shared.web.limits import MAIL_FROM_ONE, Limiter
from tests.registration.given import DETAILS, send, signed_in

MOST_AT_ONCE = 60


async def use_up(rt: Runtime) -> None:
    limiter = Limiter(rt.settings, rt.database)
    async with rt.transaction() as session:
        while await limiter.one_more(session, MAIL_FROM_ONE, "127.0.0.1"):
            pass


async def told(client: httpx.AsyncClient, answer: httpx.Response) -> str:
    assert answer.status_code == 303, "Back would ask to send the form again"
    assert "again=many" in answer.headers["location"]
    page = (await client.get(answer.headers["location"])).text
    assert "fra et annet nettverk" in page
    return page


async def test_every_form_that_mails_a_typed_address_counts_and_keeps_what_was_typed(rt: Runtime) -> None:
    async with browser(rt) as client:
        member_id = await signed_in(client, rt)
        await use_up(rt)
        before = len(await outbox(rt, ConfirmationRequested, SignInRequested))
        assert 'value="ola@example.org"' in await told(client, await send(client, rt, email="ola@example.org"))
        me = {"id": str(member_id)}
        async with browser(rt) as other:
            asked = await other.post("/me/ask", data={"email": "kari@example.org"})
            assert 'value="kari@example.org"' in await told(other, asked)
        moved = {**DETAILS, **me, "email": "ny@example.org"}
        assert 'value="ny@example.org"' in await told(client, await client.post("/me/details", data=moved))
        kept = await client.post("/me/details", data={**DETAILS, **me, "name": "Kari Ny"})
        assert kept.headers["location"].endswith("saved=details"), "it mails nobody"
    await send_links(rt)
    assert len(await outbox(rt, ConfirmationRequested, SignInRequested)) == before
    assert len(await outbox(rt, MemberChanged)) == 1
    async with rt.transaction() as session:
        assert await count_rows(session, sa.select(SignInAsked)) == 1


async def test_a_stand_and_a_form_with_faults_use_little_up(rt: Runtime) -> None:
    async with browser(rt) as client:
        for _ in range(2):
            await send(client, rt, name="")
        for number in range(30):
            answer = await send(client, rt, email=f"p{number}@example.org")
            assert answer.headers["location"].startswith("/join/sent")
    limiter, left = Limiter(rt.settings, rt.database), 0
    async with rt.transaction() as session:
        while await limiter.one_more(session, MAIL_FROM_ONE, "127.0.0.1"):
            left += 1
    assert left == MOST_AT_ONCE - 30


def test_a_rule_that_is_set_leaves_the_others_and_a_wrong_one_is_refused() -> None:
    rules = Settings(rate_limits={MAIL_FROM_ONE: "900 per day"}).rate_limits
    assert (rules[MAIL_FROM_ONE], rules["mail_to_one"]) == ("900 per day", "6 per hour")
    with pytest.raises(ValueError, match="rate_limits"):
        Settings(rate_limits={MAIL_FROM_ONE: "many"})
