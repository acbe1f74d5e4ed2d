"""The service, and a member of staff who may change things."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
import pytest_asyncio

from shared.service import Runtime
from shared.testing import browser, sign_in


@pytest.fixture
async def rt(runtime_of: Callable[..., Awaitable[Runtime]]) -> Runtime:
    """results on its emptied schema."""
    return await runtime_of("results")


@pytest_asyncio.fixture
async def editor(rt: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of an editor."""
    async with browser(rt) as client:
        sign_in(rt, client, "editor")
        yield client
