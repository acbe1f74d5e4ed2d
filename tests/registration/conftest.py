"""The registration service on its emptied schema, as a new installation has it."""

from collections.abc import Awaitable, Callable

import pytest

from services.registration.announcing import announce_installation
from shared.service import Runtime


@pytest.fixture
async def rt(runtime_of: Callable[..., Awaitable[Runtime]]) -> Runtime:
    """Thresholds and population announced, nobody in the panel."""
    rt = await runtime_of("registration")
    await announce_installation(rt)
    return rt
