"""A broker that answers nothing for a while: who signs up or signs in meanwhile gets the mail late, and it works."""

import asyncio
import json
import os
import random
import signal
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.demo.browser import Browser, FormReader, link_in
from deploy.demo.people import Mailbox, Person, draw_people, join
from tests.journeys.conftest import Stack, environment, stack

__all__ = ["environment", "stack"]

#: How long the broker is silent; STARVING=240 by hand.
SECONDS = float(os.environ.get("STARVING") or 40)
PATIENCE = 600.0


class PatientMailbox(Mailbox):
    """Waits as long as a starved broker may need to come back."""

    async def wait_for(self, email: str, subject: str, seconds: float = PATIENCE) -> dict[str, Any]:
        async with asyncio.timeout(seconds):
            while not (mails := self.to(email, subject)):
                await self.refresh()
                await asyncio.sleep(0.5)
        return mails[-1]


def status(stack: Stack) -> dict[str, object]:
    return json.loads((stack.state / "status.json").read_text())  # type: ignore[no-any-return]


async def ask_to_sign_in(origin: str, person: Person) -> None:
    async with Browser(origin, person.address) as browser:
        await browser.post("/me/ask", {"email": person.email})


async def sign_in(origin: str, person: Person, mailbox: Mailbox) -> None:
    """With the link that was asked for while nothing went."""
    mail = await mailbox.wait_for(person.email, "Lenke til Min side")
    async with Browser(origin, person.address) as browser:
        button = FormReader((await browser.get(link_in(mail["text"], "/me/sign-in/"))).text)
        page = await browser.post("/me/sign-in", dict(button.hidden))
        assert "Opplysningene mine" in page.text


@pytest.mark.stack
async def test_while_kafka_is_silent_mails_are_late_and_none_that_somebody_waits_for_expires(stack: Stack) -> None:
    chance = random.Random(12)
    first, *new = draw_people(16, chance, 2026)
    mailbox = PatientMailbox(stack.mail)
    await join(stack.panel, first, mailbox, chance)
    broker = status(stack)["parts"]["kafka"]["pid"]  # type: ignore[index]
    os.kill(broker, signal.SIGSTOP)
    try:
        joining = [asyncio.create_task(join(stack.panel, person, mailbox, chance)) for person in new]
        await ask_to_sign_in(stack.panel, first)
        silence = asyncio.create_task(asyncio.sleep(SECONDS))
        ended, _ = await asyncio.wait([silence, *joining], return_when=asyncio.FIRST_COMPLETED)
        assert ended == {silence}, "nobody's mail can come before the broker answers"
    finally:
        os.kill(broker, signal.SIGCONT)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*joining)
    await sign_in(stack.panel, first, mailbox)
    database = await asyncpg.connect(str(status(stack)["database_url"]))
    try:
        states = dict(await database.fetch("select state, count(*) from notifications.message group by 1"))
    finally:
        await database.close()
    assert states == {"sent": len(new) + 2}
    logs = list((Path(stack.state) / "logs").glob("*.log"))
    assert not [log.name for log in logs if "Task was destroyed" in log.read_text(errors="replace")]
