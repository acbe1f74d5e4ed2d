"""Outages that pass: one place tries again, with growing pauses."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential

T = TypeVar("T")


async def outlast(
    step: Callable[[], Awaitable[T]],
    passes: Callable[[BaseException], bool],
    *,
    first: float = 0.1,
    longest: float = 5.0,
    failed: Callable[[BaseException, int], None],
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> T:
    """What ``step`` returns once it succeeds; raises what does not pass.

    Pauses double from ``first`` seconds to ``longest``. Before each, ``failed`` hears the error and the number of the
    try (from 1), so that an outage is logged once.
    """

    def before(state: RetryCallState) -> None:
        assert state.outcome is not None
        error = state.outcome.exception()
        assert error is not None
        failed(error, state.attempt_number)

    retrying = AsyncRetrying(
        retry=retry_if_exception(passes),
        wait=wait_exponential(multiplier=first, max=longest),
        before_sleep=before,
        sleep=pause,
        reraise=True,
    )
    return await retrying(step)
