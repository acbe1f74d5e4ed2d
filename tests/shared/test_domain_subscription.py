"""What a subscription promises a type checker: a handler is given what it takes.

Each "type: ignore" is a mistake that mypy finds; it tells of one that it no longer finds as an unused comment.
"""

from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.registration import MemberChanged, MemberErased, MemberJoined
from shared.messaging import Delivery, subscribe
from shared.messaging.subscription import Routes, parse
from shared.settings import Settings


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


ON_JOINING = subscribe("example.greet", greet, MemberJoined)
ON_BOTH = subscribe("example.project", project, MemberJoined, MemberChanged)


def test_routes_lead_a_type_to_all_that_subscribe_to_it() -> None:
    routes = Routes([ON_JOINING, ON_BOTH])
    assert routes.by_type == {MemberJoined.type: [ON_JOINING, ON_BOTH], MemberChanged.type: [ON_BOTH]}
    assert routes.by_name == {"example.greet": ON_JOINING, "example.project": ON_BOTH}
    assert routes.topics == [MemberJoined.topic]
    with pytest.raises(ValueError, match=r"^two subscriptions are named example\.greet$"):
        Routes([ON_JOINING, ON_JOINING])


def test_a_type_counts_on_its_own_topic_under_its_publishers_name() -> None:
    settings = Settings()
    ours, others = settings.source("registration"), settings.source("results")
    routes = Routes([ON_JOINING])
    refusals = [
        routes.refusal(MemberJoined.type, topic, source, settings)
        for topic, source in ((MemberJoined.topic, ours), ("results", ours), (MemberJoined.topic, others))
    ]
    assert refusals == [None, "foreign_topic", "foreign_source"]


def test_who_subscribes_to_another_version_of_a_fact_is_found() -> None:
    routes = Routes([ON_JOINING, ON_BOTH])
    family = MemberChanged.type.rsplit(".", 1)[0]
    assert routes.subscribers_of_other_version(family) == [ON_BOTH]
    assert routes.subscribers_of_other_version(MemberJoined.type.rsplit(".", 1)[0]) == [ON_JOINING, ON_BOTH]
    assert routes.subscribers_of_other_version(family.split(".")[0]) == []


def test_a_handler_of_one_event_at_a_time_is_no_handler_of_many() -> None:
    assert [ON_BOTH.batch, subscribe("example.many", project_many, MemberJoined, batch=True).batch] == [False, True]
    payload = b'{"member_id": "0190a1b2-c3d4-7e5f-8a6b-000000000021", "erased_at": "2027-03-01T12:00:00Z"}'
    assert parse(MemberErased, payload).member_id == UUID("0190a1b2-c3d4-7e5f-8a6b-000000000021")
