"""What the benches stand on: real servers, migrated databases, service processes."""

import asyncio
import base64
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg

from deploy.local.process import free_ports
from deploy.local.servers import Backends
from shared.cli import load_service
from shared.database import async_url
from shared.migrations import migrate
from shared.service import Runtime, Service
from shared.services import SERVICES
from shared.testing import make_test_runtime
from shared.tokens import public_half
from tests.backends import TestKafka, administer, eventually

_KEY = base64.b64encode(b"k" * 32).decode()


@dataclass(frozen=True)
class Ground:
    """Servers of this run; each bench makes its own database and topics on them."""

    backends: Backends
    folder: Path

    @asynccontextmanager
    async def database(self) -> AsyncIterator[str]:
        """A fresh database with every schema; the owner's URL."""
        name = f"bench_{uuid4().hex[:12]}"
        owner = self.backends.database_url
        await administer(owner, f'create database "{name}"')
        url = async_url(owner).set(drivername="postgresql", database=name).render_as_string(hide_password=False)
        await migrate(url, SERVICES)
        yield url
        await administer(owner, f'drop database "{name}" with (force)')

    @asynccontextmanager
    async def topics(self) -> AsyncIterator[TestKafka]:
        """Topics under a prefix of their own."""
        kafka = TestKafka(
            self.backends.kafka,
            self.backends.kafka_username,
            self.backends.kafka_password,
            f"b{uuid4().hex[:12]}",
        )
        await kafka.make_topics()
        yield kafka
        await kafka.delete_topics()

    def runtime(self, service: str | Service, url: str, **settings: Any) -> Runtime:
        """A runtime in this process."""
        app = load_service(service) if isinstance(service, str) else service
        return make_test_runtime(app, url, self.folder / "clock", **settings)

    @asynccontextmanager
    async def serving(self, service: str, url: str, kafka: TestKafka) -> AsyncIterator[int]:
        """The service as its own process, with its relay at work; the port of its pages."""
        (port,) = free_ports(1)
        environment = {
            "PANEL_ENVIRONMENT": "test",
            "PANEL_SERVICE_DATABASE_URL": url,
            "PANEL_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "PANEL_PORT": str(port),
            "PANEL_MASTER_KEYS": json.dumps({"t": _KEY}),
            "PANEL_COOKIE_KEY": _KEY,
            "PANEL_KEY_DIR": str(self.folder / "keys"),
            "PANEL_STAFF_PUBLIC_KEY": public_half(_KEY),
            "PANEL_KAFKA": kafka.address,
            "PANEL_KAFKA_USERNAME": kafka.username,
            "PANEL_KAFKA_PASSWORD": kafka.password,
            "PANEL_PREFIX": kafka.prefix,
            "PANEL_RATE_LIMITS": json.dumps(
                dict.fromkeys(("default", "mail_from_one", "mail_to_one"), "100000000 per minute")
            ),
            "PANEL_REGISTRATION_MINIMUM_FILL_SECONDS": "0",
        }
        async with process([sys.executable, "-m", "shared.cli", "serve", service], environment, port):
            yield port

    @asynccontextmanager
    async def bare_app(self, url: str) -> AsyncIterator[int]:
        """The floor of a form POST: Starlette, asyncpg, one transaction of two inserts."""
        (port,) = free_ports(1)
        arguments = ["--port", str(port), "--log-level", "warning", "--no-access-log", "tests.bench.bare_app:app"]
        async with process([sys.executable, "-m", "uvicorn", *arguments], {"BENCH_DATABASE_URL": url}, port):
            yield port


@asynccontextmanager
async def process(command: list[str], environment: dict[str, str], port: int) -> AsyncIterator[None]:
    """A process of its own that listens at ``port``."""
    running = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **environment}, stdout=asyncio.subprocess.DEVNULL
    )

    async def listening() -> bool:
        if running.returncode is not None:
            raise RuntimeError(f"{command[2]} ended with {running.returncode}")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    try:
        await eventually(listening)
        yield
    finally:
        running.terminate()
        await running.wait()


async def count(url: str, query: str) -> int:
    """The one number a query gives."""
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(query))
    finally:
        await connection.close()
