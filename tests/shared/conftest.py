"""An example schema with nothing but the mechanism, so that delivery is tested apart from every service."""

from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest
import pytest_asyncio
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.local.process import free_ports
from shared.database import async_url
from shared.migrations import upgrade_mechanism
from tests.backends import fresh_database
from tests.faults.proxy import Proxy
from tests.shared.test_inbox import Applied


@pytest.fixture(scope="session")
def database_url(owner_url: str) -> Iterator[str]:
    """A database of this session's own with the schema ``example``."""
    with fresh_database(owner_url, prepare) as url:
        yield url


@pytest.fixture
def applied() -> Applied:
    """A handler that notes what it was given."""
    return Applied()


async def prepare(url: str) -> None:
    engine = create_async_engine(async_url(url))
    async with engine.begin() as connection:
        await connection.execute(sa.text("create schema example"))
        await connection.run_sync(upgrade_mechanism, "example")
    await engine.dispose()


@pytest_asyncio.fixture
async def proxied(database_url: str) -> AsyncIterator[tuple[Proxy, SecretStr]]:
    """A proxy in front of the database, and the URL that goes through it."""
    (port,) = free_ports(1)
    address = urlsplit(database_url)
    proxy = Proxy(port, address.port or 5432)
    await proxy.start()
    netloc = f"{address.netloc.rpartition('@')[0]}@127.0.0.1:{port}"
    yield proxy, SecretStr(urlunsplit(address._replace(netloc=netloc)))
    proxy.cut()
    await proxy.stop()
