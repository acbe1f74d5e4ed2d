"""The hourly walk on a whole installation: it comes to its end, leaves no trace, and names the step that fails."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from deploy.local.downloads import ROOT
from shared.services import SERVICES
from tests.day_two.running import Running
from tests.imap_server import Server

EMAIL = "prove@panel.example.org"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path, PANEL_SYNTHETIC_EMAIL=EMAIL)
    running.start()
    yield running
    running.stop()


async def walk(stack: Running, patience: int) -> tuple[int, list[dict[str, object]]]:
    """One walk, its mails fetched from the catcher by IMAP; how it ended and what it logged."""
    server, mails = Server(), set[str]()

    async def fill() -> None:
        async with httpx.AsyncClient(base_url=stack.status["mail_url"]) as catcher:
            while True:
                for mail in (await catcher.get("/api/mails", params={"to": EMAIL})).json():
                    if mail["id"] not in mails:
                        mails.add(mail["id"])
                        letter = EmailMessage()
                        letter["Subject"] = mail["subject"]
                        letter.set_content(mail["text"])
                        server.mails.append(letter.as_bytes().replace(b"\n", b"\r\n"))
                await asyncio.sleep(0.3)

    listening = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    filling = asyncio.create_task(fill())
    settings = {
        "PANEL_PUBLIC_URL": stack.status["public_url"],
        "PANEL_SYNTHETIC_EMAIL": EMAIL,
        "PANEL_SYNTHETIC_IMAP_URL": f"imap://prove:ord@127.0.0.1:{listening.sockets[0].getsockname()[1]}/INBOX",
        "PANEL_SYNTHETIC_POSTCODE": "1353",
        "PANEL_SYNTHETIC_PATIENCE_SECONDS": str(patience),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.registration.synthetic", "--once",
        cwd=ROOT, env={**os.environ, **settings}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    filling.cancel()
    listening.close()
    return process.returncode or 0, [json.loads(line) for line in out.decode().splitlines()]


async def test_it_joins_and_leaves_and_nobody_counts_it(stack: Running) -> None:
    code, steps = await walk(stack, patience=300)
    assert [line["step"] for line in steps] == ["sign_up", "confirm", "sign_in", "own_page", "leave", "erased"]
    assert code == 0
    await stack.balances(0)
    for schema in ("surveys", "meetings"):
        assert await stack.ask(f"select count(*) from {schema}.member where status is not null") == 0
    assert await stack.ask("select count(*) from notifications.message") == 0
    assert await stack.ask("select count(*) from registration.threshold where reached_at is not null") == 0
    # Nothing of it lies in what the services wrote down.
    for service in SERVICES:
        assert EMAIL not in (stack.state / "logs" / f"{service}.log").read_text(encoding="utf-8")


async def test_the_step_that_fails_is_named(stack: Running) -> None:
    """Mail rests: the walk says that it got none, and why is in the mails' own signs."""
    os.kill(stack.status["parts"]["notifications"]["pid"], signal.SIGSTOP)
    try:
        code, steps = await walk(stack, patience=10)
    finally:
        os.kill(stack.status["parts"]["notifications"]["pid"], signal.SIGCONT)
    assert code == 1
    assert (steps[-1]["event"], steps[-1]["step"]) == ("synthetic.step.failed", "confirm")
    assert "no mail with a link to /join/confirm/ within 10 s" in str(steps[-1]["reason"])
