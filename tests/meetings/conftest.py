"""The meetings service on a database that holds only its own schema."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from shared.database import async_url
from shared.migrations import migrate
from shared.service import Runtime
from shared.testing import Deliverer, browser, sign_in
from tests.backends import administer


@pytest.fixture(scope="session")
def database_url(owner_url: str) -> Iterator[str]:
    """A fresh database with this service's schema alone: what it needs, and proof that it needs no other."""
    name = f"panel_test_{uuid4().hex[:12]}"
    url = async_url(owner_url).set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    asyncio.run(administer(owner_url, f'create database "{name}"'))
    asyncio.run(migrate(url, ["meetings"]))
    yield url
    asyncio.run(administer(owner_url, f'drop database "{name}" with (force)'))


@pytest_asyncio.fixture
async def rt(runtime_of: Callable[..., Awaitable[Runtime]]) -> AsyncIterator[Runtime]:
    """The service on its emptied schema."""
    yield await runtime_of("meetings")


@pytest.fixture
def deliver(rt: Runtime) -> Deliverer:
    """Delivers events through the real inbox."""
    return Deliverer(rt)


@pytest_asyncio.fixture
async def editor(rt: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """A signed-in editor."""
    async with browser(rt) as client:
        sign_in(rt, client, "editor")
        yield client
