"""Mail dispatch with every guarantee, against its two halves alone; memory; growth with the panel's size."""

import asyncio
import math
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP

import aiosmtplib
import asyncpg
import psutil
from pydantic import SecretStr

from deploy.local.process import free_ports
from services.notifications.sending import claiming
from services.notifications.sending.dispatching import Dispatcher
from services.notifications.sending.journaling import Steps
from services.notifications.settings import notification_settings
from services.surveys.fieldwork.domain import Plan
from services.surveys.fieldwork.inviting import open_due_surveys
from services.surveys.planning.planning import add_survey
from services.surveys.questionnaire.shelf import shipped
from shared.events.surveys import SurveyOpened
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer
from tests.bench.ground import Ground, count, process
from tests.bench.measure import alternate, bound, note, note_noise

MAILS = 50_000
ROUNDS = 5
MEGABYTE = 1024 * 1024

_CONTACTS = """
insert into notifications.contact (member_id, name, email)
select gen_random_uuid(), 'Kari Eksempel ' || n, 'beboer' || n || '@example.org' from generate_series(1, $1::int) n
"""
_MESSAGES = """
insert into notifications.message (id, purpose, subject_id, member_id, survey_id, generation, link_expires_at,
    send_before, state, urgent)
select gen_random_uuid(), 'survey', gen_random_uuid(), member_id, $1, 1, $2, $2, 'pending', false
from notifications.contact
"""


async def dispatch_rate(ground: Ground) -> None:
    """Mails a second; floor: the slower of aiosmtplib alone and the database's part alone. Memory on the way."""
    growths: list[float] = []
    resting: list[int] = []
    process = psutil.Process()
    async with ground.database() as url, _sink() as smtp:
        rt = ground.runtime("notifications", url, smtp_url=SecretStr(smtp))
        lines = notification_settings().connections

        async def product() -> float:
            await _fill(rt, MAILS)
            resting.append(process.memory_info().rss)
            began = time.perf_counter()
            await Dispatcher(urgent=False).run(rt)
            seconds = time.perf_counter() - began
            # Since before the first round, so that neither what is kept from it nor a slow leak is left out.
            growths.append((process.memory_info().rss - resting[0]) / MEGABYTE)
            mails = await count(url, "select count(*) from notifications.message where state = 'sent'")
            if mails != MAILS:
                raise RuntimeError(f"{mails} of {MAILS} were sent")
            return MAILS / seconds

        async def floor() -> float:
            return min(await _smtp_alone(smtp, lines), await _database_alone(rt, lines))

        try:
            await alternate("mail dispatch", "mails/s", product, floor, ROUNDS, goal=0.5)
            bound("mail dispatch memory growth", growths, "MB", 50.0)
        finally:
            await rt.database.close()


async def growth(ground: Ground) -> None:
    """Log-log slope of the cost of all members, from 600 to 100,000: opening a survey, and dispatch. 1 is linear."""
    sizes = (600, 6_000, 100_000)
    async with ground.database() as url, _sink() as smtp:
        for bench, cost in (("opening a survey", _opening), ("dispatch", _dispatching)):
            slopes = []
            for _ in range(ROUNDS):
                await note_noise()
                seconds = [await cost(ground, url, smtp, size) for size in sizes]
                for size, duration in zip(sizes, seconds, strict=True):
                    note(f"{bench}: {size} members in {duration:.2f} s, {duration / size * 1e6:.0f} us each")
                slopes.append(slope(sizes, seconds))
            bound(f"growth of cost, {bench}", slopes, "log-log slope", 1.1)


def slope(sizes: tuple[int, ...], seconds: list[float]) -> float:
    """Least squares of log seconds on log members: 1 is linear."""
    x, y = [math.log(size) for size in sizes], [math.log(duration) for duration in seconds]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / sum((a - mean_x) ** 2 for a in x)


async def _opening(ground: Ground, url: str, _: str, members: int) -> float:
    connection = await asyncpg.connect(url)
    await connection.execute("truncate surveys.member, surveys.invitation, surveys.survey, surveys.outbox cascade")
    await connection.execute(
        "insert into surveys.member (id, year_of_birth, gender, purposes, status, joined_at)"
        " select gen_random_uuid(), 1940 + n % 70, (array['female', 'male'])[1 + n % 2], array['surveys'],"
        f" 'active', now() - interval '1 day' from generate_series(1, {members}) n"
    )
    await connection.execute("analyze surveys.member")
    await connection.close()
    rt = ground.runtime("surveys", url)
    now = rt.now()
    async with rt.transaction() as session:
        times = Plan(opens_at=now, closes_at=now + timedelta(days=14), reminder_at=None)
        await add_survey(session, new_id(), shipped()["klima"], "now", None, times, now)
    began = time.perf_counter()
    while await count(url, "select count(*) from surveys.invitation") < members:
        await open_due_surveys(rt)
    seconds = time.perf_counter() - began
    await rt.database.close()
    return seconds


async def _dispatching(ground: Ground, url: str, smtp: str, members: int) -> float:
    rt = ground.runtime("notifications", url, smtp_url=SecretStr(smtp))
    await _fill(rt, members)
    began = time.perf_counter()
    await Dispatcher(urgent=False).run(rt)
    seconds = time.perf_counter() - began
    await rt.database.close()
    return seconds


async def _fill(rt: Runtime, mails: int) -> None:
    """A survey, ``mails`` contact cards, and one pending invitation for each."""
    survey_id, expires = new_id(), rt.now() + timedelta(days=14)
    connection = await asyncpg.connect(rt.database.url)
    await connection.execute("truncate notifications.message, notifications.contact, notifications.journal cascade")
    opening = SurveyOpened(
        survey_id=survey_id,
        questionnaire=shipped()["klima"].content(),
        opened_at=rt.now(),
        closes_at=expires,
        cell_minimum=5,
    )
    await Deliverer(rt)(opening)
    await connection.execute(_CONTACTS, mails)
    await connection.execute(_MESSAGES, survey_id, expires)
    await connection.execute("vacuum analyze notifications.message")
    await connection.close()


async def _smtp_alone(url: str, lines: int) -> float:
    """aiosmtplib handing over one prebuilt mail of ordinary size, as often, over as many connections."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "panel@example.org", "kari@example.org", "Ny undersøkelse"
    mail.set_content("Hei, Kari!\n\n" + "Kommunen skal lage ny klimaplan. " * 30)
    mail.add_alternative("<p>" + "Kommunen skal lage ny klimaplan. " * 60 + "</p>", subtype="html")
    raw, port = mail.as_bytes(), int(url.rsplit(":", 1)[1])
    places = iter(range(MAILS))

    async def line() -> None:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False)
        await client.connect()
        await client.ehlo()
        for _ in places:
            await client.mail("panel@example.org")
            await client.rcpt("kari@example.org")
            await client.data(raw)
        await client.quit()

    began = time.perf_counter()
    await asyncio.gather(*(line() for _ in range(lines)))
    return MAILS / (time.perf_counter() - began)


async def _database_alone(rt: Runtime, lines: int) -> float:
    """The same claims and steps of as many mails, with nothing written and nothing handed over in between."""
    settings = notification_settings()
    await _fill(rt, MAILS)
    steps = Steps(rt.database.engine, settings.lease_seconds)
    began = time.perf_counter()
    while True:
        async with rt.transaction() as session:
            rows = await claiming.claim(session, settings.batch, settings.lease_seconds, rt.now(), urgent=False)
        if not rows:
            break
        work = iter([claiming.Try(row.message.id, row.message.fence) for row in rows])
        await asyncio.gather(*(_journal(steps, work) for _ in range(lines)))
    seconds = time.perf_counter() - began
    await steps.close()
    return MAILS / seconds


async def _journal(steps: Steps, work: Iterator[claiming.Try]) -> None:
    """One connection's part: each mail is accepted as soon as it was started."""
    previous: claiming.Try | None = None
    for attempt in work:
        await steps.step(previous, attempt)
        previous = attempt
    await steps.step(previous, None)


@asynccontextmanager
async def _sink() -> AsyncIterator[str]:
    (port,) = free_ports(1)
    async with process([sys.executable, "-m", "tests.bench.sink", str(port)], {}, port):
        yield f"smtp://127.0.0.1:{port}"
