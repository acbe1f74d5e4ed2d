"""The service, and a member of staff who may change things."""

from collections.abc import Awaitable, Callable

import pytest

from shared.service import Runtime


@pytest.fixture
async def rt(runtime_of: Callable[..., Awaitable[Runtime]]) -> Runtime:
    """results on its emptied schema."""
    return await runtime_of("results")
