"""The whole stack: seconds from the import that reaches 600 members to the last invitation in the mail catcher."""

import asyncio
import json
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib

from deploy.demo.people import Mailbox, draw_people, members_csv
from deploy.demo.staff import Editor
from deploy.local.process import free_base
from tests.bench.ground import Ground
from tests.bench.measure import in_rounds

MEMBERS = 600
ROUNDS = 5


async def first_survey(ground: Ground) -> None:
    """A fresh stack each round; floor: aiosmtplib handing as many mails to the same catcher over one connection."""
    rounds = iter(range(ROUNDS))

    async def both() -> tuple[float, float]:
        async with _stack(ground.folder / f"stack-{next(rounds)}") as status:
            mail = status["parts"]["mail"]
            return await _play(status["parts"]["gateway"]["url"], mail["url"]), await _hand_over(mail["smtp"])

    await in_rounds("threshold to last mail, 600 members", "s", both, ROUNDS, 2.0, "lower", of="value")


async def _play(origin: str, mail_url: str) -> float:
    """Plan the survey for the goal, import past it, wait for the last mail."""
    people = draw_people(MEMBERS, random.Random(600), datetime.now(UTC).year)
    today = datetime.now(UTC).date()
    editor, mailbox = Editor(origin), Mailbox(mail_url)
    try:
        await editor.sign_in()
        # 500 is announced from the start; the import jumps over it.
        await editor.plan_survey("klima", 500, today + timedelta(days=14), today + timedelta(days=7))
        began = time.time()
        if await editor.import_members(members_csv(people)) != MEMBERS:
            raise RuntimeError("not every member was imported")
        async with asyncio.timeout(120):
            while len(mailbox.mails) < MEMBERS:
                await mailbox.refresh()
                await asyncio.sleep(0.1)
        last = max(datetime.fromisoformat(mail["accepted_at"]).timestamp() for mail in mailbox.mails)
        return last - began
    finally:
        await mailbox.close()
        await editor.browser.__aexit__()


async def _hand_over(address: str) -> float:
    host, _, port = address.rpartition(":")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "panel@example.org", "kari@example.org", "Ny undersøkelse"
    mail.set_content("Hei, Kari!\n\n" + "Kommunen skal lage ny klimaplan. " * 30)
    mail.add_alternative("<p>" + "Kommunen skal lage ny klimaplan. " * 60 + "</p>", subtype="html")
    client = aiosmtplib.SMTP(hostname=host, port=int(port), use_tls=False, start_tls=False)
    await client.connect()
    began = time.perf_counter()
    for _ in range(MEMBERS):
        await client.send_message(mail)
    seconds = time.perf_counter() - began
    await client.quit()
    return seconds


@asynccontextmanager
async def _stack(state: Path) -> AsyncIterator[dict[str, Any]]:
    """The whole local stack on ports of its own; what its status file says."""
    base = free_base()
    environment = {**os.environ, "PANEL_STATE": str(state), "PANEL_PORT_BASE": str(base)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deploy.local.main", env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async for line in process.stdout:
            if b"  logs " in line:
                break
        else:
            raise RuntimeError("the stack did not start")
        yield json.loads((state / "status.json").read_text())
    finally:
        process.send_signal(signal.SIGTERM)
        await process.communicate()
