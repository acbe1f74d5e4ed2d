"""What a subscription promises a type checker: a handler is given what it takes.

Each "type: ignore" is a mistake that mypy finds; it tells of one that it no longer finds as an unused comment.
"""

from collections.abc import Sequence

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.registration import MemberChanged, MemberErased, MemberJoined
from shared.messaging import Delivery, subscribe


async def greet(_: AsyncSession, __: MemberJoined, ___: Delivery) -> None:
    """Takes one type."""


async def project(_: AsyncSession, __: MemberJoined | MemberChanged, ___: Delivery) -> None:
    """Takes either of two types."""


async def project_many(_: AsyncSession, __: Sequence[MemberJoined | MemberChanged], ___: Sequence[Delivery]) -> None:
    """Takes many of either type."""


def test_a_handler_takes_what_it_subscribes_to() -> None:
    assert subscribe("example.greet", greet, MemberJoined).events == (MemberJoined,)
    assert subscribe("example.project", project, MemberJoined, MemberChanged).events == (MemberJoined, MemberChanged)
    assert subscribe("example.many", project_many, MemberJoined, MemberChanged, batch=True).batch


def test_mypy_finds_the_handler_that_does_not() -> None:
    subscribe("example.greet", greet, MemberErased)  # type: ignore[arg-type]
    subscribe("example.project", project, MemberJoined, MemberErased)  # type: ignore[arg-type]
    subscribe("example.greet", greet, MemberJoined, batch=True)  # type: ignore[call-overload]
    subscribe("example.many", project_many, MemberErased, batch=True)  # type: ignore[call-overload]


def test_a_subscription_to_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="subscribes to nothing"):
        subscribe("example.greet", greet)
