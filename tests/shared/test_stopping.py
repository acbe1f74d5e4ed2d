"""Consumers are stopped each by itself: one that fails while the broker is away leaves no other running."""

import asyncio
from collections.abc import Awaitable, Callable

from aiokafka.errors import KafkaConnectionError

from shared.messaging.transport import stop_each


async def test_a_consumer_that_cannot_be_stopped_keeps_no_other_from_it() -> None:
    stopped: list[str] = []

    def stop(name: str, error: Exception | None = None) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            stopped.append(name)
            if error is not None:
                raise error

        return run

    await stop_each([stop("surveys", KafkaConnectionError()), stop("meetings", OSError()), stop("results")])
    assert stopped == ["surveys", "meetings", "results"]


async def test_a_consumer_that_waits_for_its_group_keeps_no_other_from_leaving() -> None:
    others_left = asyncio.Event()

    async def leave() -> None:
        others_left.set()

    async def leave_when_the_others_have() -> None:
        await others_left.wait()

    await asyncio.wait_for(stop_each([leave_when_the_others_have, leave]), 60)
