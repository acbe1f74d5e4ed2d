"""Rollouts under load: processes are ended one by one, keys and passwords exchanged, nobody sees an error."""

import asyncio
import json
import os
import secrets
import signal
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # the package re-exports without saying so
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from deploy.demo.browser import Browser, FormReader, link_in
from deploy.demo.people import Mailbox, confirm, join
from deploy.demo.staff import Editor
from shared.messaging.provision import admin_client
from shared.messaging.topics import principal
from shared.services import LINK_PURPOSES, SERVICES
from shared.tokens import decode_master_keys, derive_keys, encode_keys, public_half
from tests.day_two.replicated import CHANGED
from tests.day_two.running import Running

#: People who join while everything is restarted, and how many at a time.
JOINING, SIDE_BY_SIDE = 40, 4
#: A page of each service that anybody may see.
PAGES = ("/", "/join", "/surveys", "/meetings", "/results", "/work", "/mail")
NAMES = [name for service in SERVICES for name in (service, f"{service} 2")]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Two processes of each service, with TLS and SCRAM as in a cluster."""
    running = Running(
        tmp_path_factory.mktemp("rolling"), "tests.day_two.replicated", PANEL_DRAIN_SECONDS="2", PANEL_LOCAL_TLS="1"
    )
    running.start()
    yield running
    running.stop()


@asynccontextmanager
async def looking(stack: Running) -> AsyncIterator[Mailbox]:
    """Visitors open every page again and again for the length of the block, and never see an error; the mails."""
    mailbox, answers = Mailbox(stack.status["mail_url"]), []
    over = asyncio.Event()

    async def look() -> None:
        async with httpx.AsyncClient(base_url=stack.status["public_url"], timeout=30) as client:
            while not over.is_set():
                for page in PAGES:
                    answers.append((page, (await client.get(page)).status_code))

    async def fetch() -> None:
        while not over.is_set():
            await mailbox.refresh()
            await asyncio.sleep(0.2)

    watching = [asyncio.create_task(work()) for work in (look, look, fetch)]
    try:
        yield mailbox
    finally:
        over.set()
        await asyncio.gather(*watching)
        await mailbox.close()
    assert {page for page, _ in answers} == set(PAGES)
    assert [(page, code) for page, code in answers if code >= 500] == []
    logs = Path(stack.status["state"]) / "logs"
    assert {name: faults for name in ("gateway", *NAMES) if (faults := _failures(logs / f"{name}.log"))} == {}


def _failures(log: Path) -> list[str]:
    """Answers of the 500s, and tasks that ended by themselves, which end the process."""
    faults = []
    for line in log.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line) if line.startswith("{") else {}
        if int(entry.get("status") or 0) >= 500 or entry.get("level") == "critical":
            faults.append(line[:300])
    return faults


async def roll(stack: Running, *services: str, **settings: str) -> None:
    """Give services new settings, and replace their processes one by one as a rollout does."""
    file = stack.state / CHANGED
    content = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    for service in services:
        content[service] = content.get(service, {}) | settings
    file.write_text(json.dumps(content), encoding="utf-8")
    for name in (name for name in NAMES if name.partition(" ")[0] in services):
        await _replace(stack, name)


async def _replace(stack: Running, name: str) -> None:
    before = stack.status["parts"][name]
    os.kill(before["pid"], signal.SIGTERM)
    deadline = time.monotonic() + 600
    async with httpx.AsyncClient(base_url=before["url"], timeout=5) as client:
        while True:
            assert time.monotonic() < deadline, f"{name} did not come back"
            try:
                ready = (await client.get("/-/ready")).status_code == 200
            except httpx.HTTPError:
                ready = False
            if ready and stack.status["parts"][name]["pid"] != before["pid"]:
                return
            await asyncio.sleep(0.2)


async def test_everything_is_replaced_under_load_and_nobody_notices(stack: Running) -> None:
    people = stack.people(JOINING)
    places = asyncio.Semaphore(SIDE_BY_SIDE)

    async def sign_up(number: int, mailbox: Mailbox) -> None:
        async with places:
            await join(stack.status["public_url"], people[number], mailbox, stack.chance)

    async with looking(stack) as mailbox, asyncio.TaskGroup() as group:
        for number in range(JOINING):
            group.create_task(sign_up(number, mailbox))
        await roll(stack, *SERVICES)
    await stack.balances(JOINING)
    statement = "select count(*) from notifications.message where purpose = 'confirm' and state = "
    assert [await stack.ask(f"{statement}'{state}'") for state in ("sent", "unknown")] == [JOINING, 0]


async def test_every_key_and_password_is_exchanged_while_people_use_the_old_ones(stack: Running) -> None:
    passwords = stack.secrets
    member, early, late = stack.people(JOINING + 3)[-3:]
    await stack.join([member])
    before = await stack.ask("select size from registration.panel")
    editor = Editor(stack.status["public_url"])
    async with looking(stack) as mailbox, Browser(stack.status["public_url"], early.address) as browser:
        # A form that is open, and a link in a mail that nobody has followed yet.
        await browser.post("/me/ask", {"email": member.email})
        form = FormReader((await browser.get("/join")).text)
        old_link = (await mailbox.wait_for(member.email, "Lenke til Min side"))["text"]

        signing = await _exchange_keys(stack, passwords)
        # A session lasts 15 minutes, which is less than everything takes on a busy machine.
        await editor.sign_in()
        await roll(stack, "registration", PANEL_STAFF_SIGNING_KEY=signing)
        assert (await editor.browser.get("/staff")).status_code == 200
        assert "Logg ut" in (await editor.browser.get("/staff/surveys")).text
        await _exchange_passwords(stack)

        # The old form and the old link work, and new mails carry the new key.
        answers = {"name": early.name, "email": early.email, "year_of_birth": str(early.year_of_birth)}
        answers |= {"gender": early.gender, "postcode": early.postcode, "language": "nb", "old_enough": "yes"}
        page = await browser.post("/join", {**form.hidden, "website": "", **answers, "purposes": ["surveys"]})
        assert "Sjekk e-posten" in page.text
        await confirm(browser, early, mailbox)
        assert "/me/sign-in" in str((await browser.get(link_in(old_link, "/me/sign-in/"))).url)
        await join(stack.status["public_url"], late, mailbox, stack.chance)
        mail = (await mailbox.wait_for(late.email, "Bekreft"))["text"]
        assert link_in(mail, "/join/confirm/").rpartition("/")[2].startswith("2.")
    await editor.browser.__aexit__()
    await stack.balances(before + 2)


def _key() -> str:
    return b64encode(secrets.token_bytes(32)).decode()


async def _exchange_keys(stack: Running, kept: dict[str, dict[str, str]]) -> str:
    """Old beside new everywhere, then new links; the key to sign sessions with, now that all believe it."""
    masters = json.dumps({"2": _key(), "1": kept["master"]})
    signing = _key()
    both = f"{public_half(signing)} {public_half(str(kept['staff_cookie']))}"
    for service in SERVICES:
        links = encode_keys(derive_keys(decode_master_keys(masters), LINK_PURPOSES.get(service, ())))
        cookies = f"{_key()} {kept['cookies'][service]}"
        own = {} if service == "notifications" else {"PANEL_LINK_KEYS": links}
        await roll(stack, service, PANEL_COOKIE_KEY=cookies, PANEL_STAFF_PUBLIC_KEY=both, **own)
    await roll(stack, "notifications", PANEL_MASTER_KEYS=masters)
    return signing


async def _exchange_passwords(stack: Running) -> None:
    """Of one service, at Postgres and Kafka: open connections stay, new processes come with the new ones."""
    word = secrets.token_hex(16)
    await stack.ask(f"alter role panel_surveys password '{word}'")
    status = stack.status
    admin = admin_client(
        status["kafka"], status["kafka_username"], status["kafka_password"],
        mechanism="SCRAM-SHA-512", ca_file=str(stack.state / "tls" / "ca.crt"),
    )  # fmt: skip
    how = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    change = UserScramCredentialUpsertion(principal("panel", "surveys"), how, word.encode())
    for future in admin.alter_user_scram_credentials([change]).values():
        future.result(30)
    place = stack.environment_of("surveys")["PANEL_SERVICE_DATABASE_URL"].rpartition("@")[2]
    new_url = f"postgresql://panel_surveys:{word}@{place}"
    await roll(stack, "surveys", PANEL_SERVICE_DATABASE_URL=new_url, PANEL_KAFKA_PASSWORD=word)
