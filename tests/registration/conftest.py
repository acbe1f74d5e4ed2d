"""The registration service on its emptied schema, as a new installation has it."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from services.registration.announcing import announce_installation
from shared.service import Runtime
from shared.testing import browser, sign_in


@pytest.fixture
async def rt(runtime_of: Callable[..., Awaitable[Runtime]]) -> Runtime:
    """Thresholds and population announced, nobody in the panel."""
    rt = await runtime_of("registration")
    await announce_installation(rt)
    return rt


@pytest.fixture
async def editor(rt: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """A signed-in editor."""
    async with browser(rt) as client:
        sign_in(rt, client, "editor")
        yield client
