"""What tests of services use: a real schema, events delivered through the real inbox, a browser-like client."""

import base64
import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa
from pydantic import SecretStr

from shared.clock import PanelClock
from shared.events import Event
from shared.ids import new_id
from shared.mechanism import mechanism
from shared.messaging.consumer import BatchConsumer
from shared.messaging.inbox import Inbox
from shared.messaging.subscription import Routes
from shared.service import Runtime, Service, make_runtime
from shared.settings import Settings
from shared.tokens import public_half

#: Fixed keys, so that a token in a failing test's output can be read again.
_KEY = base64.b64encode(b"k" * 32).decode()
PUBLIC_URL = "https://panel.test"


class TestRecord:
    """A Kafka record made by a test."""

    __test__ = False

    def __init__(self, topic: str, offset: int, value: bytes, headers: Sequence[tuple[str, bytes | None]]) -> None:
        self.topic = topic
        self.partition = 0
        self.offset = offset
        self.value = value
        self.headers = tuple(headers)
        self.key = dict(headers).get("ce_subject")


def test_settings(service_url: str, clock_file: Path, **overrides: Any) -> Settings:
    """Settings of a service under test; every link purpose can be made and checked."""
    values: dict[str, Any] = {
        "environment": "test",
        "service_database_url": SecretStr(service_url),
        "public_url": PUBLIC_URL,
        "clock_file": clock_file,
        "key_dir": clock_file.parent / "keys",
        "master_keys": SecretStr(json.dumps({"t": _KEY})),
        "cookie_key": SecretStr(_KEY),
        "staff_signing_key": SecretStr(_KEY),
        "staff_public_key": public_half(_KEY),
        "database_pool_size": 5,
    }
    return Settings(**(values | overrides))


test_settings.__test__ = False  # type: ignore[attr-defined]


def make_test_runtime(service: Service, service_url: str, clock_file: Path, **overrides: Any) -> Runtime:
    """A runtime on real Postgres, without Kafka."""
    if "PANEL_TEST_CLOCK" in os.environ and not clock_file.exists():
        clock_file.write_text(str((begins() - datetime.now(UTC)).total_seconds()))
    return make_runtime(service, test_settings(service_url, clock_file, **overrides))


def begins() -> datetime:
    """When a test begins by the panel's clock: now, or at the moment in ``PANEL_TEST_CLOCK``."""
    at = os.environ.get("PANEL_TEST_CLOCK")
    return datetime.fromisoformat(at).astimezone(UTC) if at else datetime.now(UTC)


def move(runtime: Runtime, by: timedelta) -> None:
    """Move panel time forward."""
    file = runtime.settings.clock_file
    assert file is not None
    before = float(file.read_text() or 0) if file.exists() else 0.0
    file.write_text(str(before + by.total_seconds()))
    runtime.clock = PanelClock(runtime.settings.zone, file)


async def outbox(runtime: Runtime, *types: type[Event]) -> list[Event]:
    """Events published so far by the service (of these types), oldest first."""
    from shared.events import REGISTRY

    table = mechanism(runtime.name).outbox
    async with runtime.transaction() as session:
        rows = (await session.execute(sa.select(table.c.type, table.c.payload).order_by(table.c.id))).all()
    events = [REGISTRY[row.type].model_validate_json(row.payload) for row in rows]
    return [event for event in events if not types or isinstance(event, types)]


async def dead_letters(runtime: Runtime) -> list[Any]:
    """The service's dead letters."""
    table = mechanism(runtime.name).dead_letter
    async with runtime.transaction() as session:
        return list((await session.execute(sa.select(table).order_by(table.c.received_at))).all())


class Deliverer:
    """Delivers events to a service as Kafka would: encoded, through the consumer and its inbox.

    Sequences per (topic, subject) rise by themselves, unless a test names one.
    """

    def __init__(self, runtime: Runtime) -> None:
        routes = Routes(runtime.service.handlers)
        inbox = Inbox(runtime.name, routes, runtime.settings)
        self._settings = runtime.settings
        self.consumers = {
            topic: BatchConsumer(runtime.name, topic, routes, inbox, runtime.transaction, runtime.now)
            for topic in routes.topics
        }
        self._sequences: dict[tuple[str, UUID], int] = {}
        self._offset = 0

    async def __call__(
        self, *events: Event, sequence: int | None = None, event_id: UUID | None = None, replay: bool = False
    ) -> list[UUID]:
        """Deliver; the event ids used. A topic the service does not consume is an error in the test."""
        ids = []
        for event in events:
            identifier = event_id or new_id()
            ids.append(identifier)
            await self.consumers[event.topic].take([self.record(event, identifier, sequence, replay)])
        return ids

    def record(self, event: Event, event_id: UUID, sequence: int | None, replay: bool) -> TestRecord:
        headers: list[tuple[str, bytes | None]] = [
            ("ce_id", str(event_id).encode()),
            ("ce_type", event.type.encode()),
            ("ce_source", self._settings.source(event.source_service()).encode()),
        ]
        if event.subject is not None:
            key = (event.topic, event.subject)
            number = sequence or self._sequences.get(key, 0) + 1
            self._sequences[key] = max(number, self._sequences.get(key, 0))
            headers += [("ce_subject", str(event.subject).encode()), ("ce_sequence", str(number).encode())]
        if replay:
            headers.append(("ce_replay", b"true"))
        self._offset += 1
        return TestRecord(event.topic, self._offset, event.model_dump_json().encode(), headers)


@asynccontextmanager
async def browser(runtime: Runtime, **arguments: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client with cookies on the service's pages, without lifespan: no relay, consumers or jobs run."""
    from shared.web import build_app

    app = build_app(runtime, list(runtime.service.pages), None)
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 40000))
    headers = {"Origin": PUBLIC_URL, "Accept-Language": "nb"} | arguments.pop("headers", {})
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers=headers, **arguments) as client:
        yield client


def sign_in(
    runtime: Runtime, client: httpx.AsyncClient, *roles: str, session_id: UUID | None = None, name: str = "Siri Stab"
) -> None:
    """Give the client a staff session with these roles."""
    from starlette.responses import Response

    from shared.web.staff import COOKIE, Staff, sign_in_staff

    response = Response()
    sign_in_staff(response, runtime.settings, Staff(name.split()[0].lower(), name, roles, session_id or new_id()))
    value = SimpleCookie(response.headers["set-cookie"])[COOKIE].value
    client.cookies.set(COOKIE, value, domain="panel.test")
