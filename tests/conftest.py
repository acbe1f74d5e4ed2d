"""Fixtures: real Postgres and Kafka from the environment, else containers on request, else the local stack's parts."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from hypothesis import HealthCheck, settings

from shared.cli import load_service
from shared.migrations import migrate
from shared.service import Runtime, Service
from shared.services import SERVICES
from shared.testing import Deliverer, browser, make_test_runtime, sign_in
from tests.backends import TestKafka, fresh_database

# No test of this suite judges time: a busy machine is slow, not wrong.
settings.register_profile("panel", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("panel")


@pytest.fixture(scope="session")
def backends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Owner's database URL and Kafka address with admin credentials."""
    from deploy.local.backends import start_backends

    running = start_backends(tmp_path_factory.mktemp("backends"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def owner_url(request: pytest.FixtureRequest) -> str:
    """URL of a role that may create databases."""
    return os.environ.get("PANEL_TEST_DATABASE_URL") or str(request.getfixturevalue("backends").database_url)


@pytest.fixture(scope="session")
def database_url(owner_url: str) -> Iterator[str]:
    """A fresh, migrated database of this test session's own; owner's URL."""
    with fresh_database(owner_url, lambda url: migrate(url, SERVICES)) as url:
        yield url


@pytest_asyncio.fixture
async def runtime_of(database_url: str, tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Runtime]]]:
    """``await runtime_of("surveys", **settings)``: the service's runtime on its emptied schema."""
    runtimes: list[Runtime] = []

    async def make(service: str | Service, **settings: Any) -> Runtime:
        app = load_service(service) if isinstance(service, str) else service
        runtime = make_test_runtime(app, database_url, tmp_path / "clock", **settings)
        runtimes.append(runtime)
        await empty(runtime)
        return runtime

    yield make
    for runtime in runtimes:
        await runtime.database.close()


@pytest.fixture
def deliver(rt: Runtime) -> Deliverer:
    """Delivers events through the real inbox of ``rt``, the service that a folder of tests is about."""
    return Deliverer(rt)


@pytest_asyncio.fixture
async def editor(rt: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of a signed-in editor on the pages of ``rt``."""
    async with browser(rt) as client:
        sign_in(rt, client, "editor")
        yield client


@pytest_asyncio.fixture
async def kafka(request: pytest.FixtureRequest) -> AsyncIterator[TestKafka]:
    """Topics of this test's own on a real broker."""
    prefix = f"t{uuid4().hex[:12]}"
    if address := os.environ.get("PANEL_TEST_KAFKA"):
        name, password = (
            os.environ.get("PANEL_TEST_KAFKA_USERNAME", ""),
            os.environ.get("PANEL_TEST_KAFKA_PASSWORD", ""),
        )
        client = TestKafka(address, name, password, prefix)
    else:
        started = request.getfixturevalue("backends")
        client = TestKafka(started.kafka, started.kafka_username, started.kafka_password, prefix)
    await client.make_topics()
    yield client
    await client.delete_topics()


async def empty(runtime: Runtime) -> None:
    """Truncate every table of the service's schema; migration bookkeeping stays."""
    async with runtime.transaction() as session:
        tables = await session.scalars(
            sa.text(
                "select format('%I.%I', schemaname, tablename) from pg_tables"
                r" where schemaname = :schema and tablename not like '%\_version'"
            ),
            {"schema": runtime.name},
        )
        await session.execute(sa.text(f"truncate {', '.join(tables)} restart identity cascade"))
