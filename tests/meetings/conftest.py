"""The meetings service on a database that holds only its own schema."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
import pytest_asyncio

from shared.migrations import migrate
from shared.service import Runtime
from tests.backends import fresh_database


@pytest.fixture(scope="session")
def database_url(owner_url: str) -> Iterator[str]:
    """A fresh database with this service's schema alone: what it needs, and proof that it needs no other."""
    with fresh_database(owner_url, lambda url: migrate(url, ["meetings"])) as url:
        yield url


@pytest_asyncio.fixture
async def rt(runtime_of: Callable[..., Awaitable[Runtime]]) -> AsyncIterator[Runtime]:
    """The service on its emptied schema."""
    yield await runtime_of("meetings")
