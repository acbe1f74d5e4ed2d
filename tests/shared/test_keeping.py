"""How long delivery remembers, each table's rows from one day before the end and one after it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa

from shared.ids import new_id
from shared.mechanism import mechanism
from shared.messaging.keeping import forget_what_is_old, left_waiting, newly_expiring
from shared.service import Runtime, Service

#: What a first release knows is 30 days on topics and 30 in archives; its inbox must outlive both.
INBOX = 75


@pytest.fixture
async def runtime(runtime_of: Callable[..., Awaitable[Runtime]]) -> Runtime:
    return await runtime_of(Service(name="example", package="shared"))


async def letter(runtime: Runtime, state: str, topic: str, days: int, **more: Any) -> None:
    values = {
        "id": new_id(), "state": state, "reason": "ValueError", "handler": "example.x", "event_id": new_id(),
        "topic": topic, "partition": 0, "offset": 0, "headers": {}, "payload": b"{}",
        "received_at": sa.text(f"clock_timestamp() - interval '{days} days'"),
    }  # fmt: skip
    async with runtime.transaction() as session:
        await session.execute(sa.insert(mechanism("example").dead_letter).values(**values | more))


async def test_an_inbox_row_outlives_topic_and_archive_together(runtime: Runtime) -> None:
    inbox = mechanism("example").inbox
    async with runtime.transaction() as session:
        for days in (INBOX - 1, INBOX + 1):
            at = sa.text(f"clock_timestamp() - interval '{days} days'")
            await session.execute(sa.insert(inbox).values(handler=f"{days}", event_id=new_id(), received_at=at))
        await forget_what_is_old(session)
        assert (await session.scalars(sa.select(inbox.c.handler))).all() == [f"{INBOX - 1}"]


@pytest.mark.parametrize(
    ("state", "topic", "days", "stays"),
    [
        ("dead", "registration", 400, True),
        ("dropped", "registration", 29, True),
        ("dropped", "registration", 31, False),
        ("redriven", "registration", 31, False),
        ("dropped", "registration.contacts", 6, True),
        ("dropped", "surveys.responses", 8, False),
    ],
)
async def test_a_dead_letter_stays_as_long_as_it_may(
    runtime: Runtime, state: str, topic: str, days: int, stays: bool
) -> None:
    await letter(runtime, state, topic, days)
    async with runtime.transaction() as session:
        await forget_what_is_old(session)
        count = await session.scalar(sa.select(sa.func.count()).select_from(mechanism("example").dead_letter))
        assert count == int(stays)


async def test_what_staff_did_is_known_for_five_years_and_a_page_they_were_shown_for_a_day(runtime: Runtime) -> None:
    tables = mechanism("example")
    async with runtime.transaction() as session:
        for years, days in ((0, 0), (5, -1), (5, 2), (10, 0)):
            at = sa.text(f"clock_timestamp() - interval '{years} years {days} days'")
            row = {"id": new_id(), "at": at, "actor": "siri", "actor_name": "Siri", "detail": {}}
            await session.execute(sa.insert(tables.audit_entry).values(**row, action=f"{years} {days}"))
        for hours in (1, 25):
            at = sa.text(f"clock_timestamp() - interval '{hours} hours'")
            await session.execute(sa.insert(tables.shown_page).values(id=new_id(), sealed=f"{hours}", at=at))
            await session.execute(sa.insert(tables.limit_hit).values(id=new_id(), key=hours, at=at))
        await forget_what_is_old(session)
        assert set(await session.scalars(sa.select(tables.audit_entry.c.action))) == {"0 0", "5 -1"}
        assert (await session.scalars(sa.select(tables.shown_page.c.sealed))).all() == ["1"]
        assert (await session.scalars(sa.select(tables.limit_hit.c.key))).all() == [1]


async def test_restricted_events_rest_in_the_archive_for_seven_days_and_others_for_thirty(runtime: Runtime) -> None:
    """Read off the partitions, which are the days: 7 and 30 back, and some days ahead."""
    async with runtime.transaction() as session:
        for parent, back in (("archive", 40), ("archive_restricted", 40)):
            for day in (back, 29, 31, 6, 8):
                name = await session.scalar(sa.text(f"select to_char(current_date - {day}, '_YYYYMMDD')"))
                await session.execute(
                    sa.text(
                        f"do $$ begin execute format('create table if not exists example.%I partition of "
                        f"example.{parent} for values from (%L) to (%L)', '{parent}{name}', current_date - {day}, "
                        f"current_date - {day} + 1); end $$"
                    )
                )
        await forget_what_is_old(session)
        ages = sa.text(
            "select case when c.relname like 'archive_restricted%' then 'restricted' else 'other' end,"
            " max(current_date - to_date(right(c.relname, 8), 'YYYYMMDD'))"
            " from pg_inherits i join pg_class c on c.oid = i.inhrelid"
            " join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'example' and c.relkind = 'r' group by 1"
        )
        assert {row[0]: row[1] for row in await session.execute(ages)} == {"restricted": 6, "other": 29}
        await session.rollback()


async def test_letters_that_go_soon_are_told_of_all_together_once_there_is_a_new_one(runtime: Runtime) -> None:
    async def told() -> int:
        async with runtime.transaction() as session:
            return await newly_expiring(session)

    await letter(runtime, "dead", "registration.contacts", 3)
    await letter(runtime, "dead", "registration", 4)
    await letter(runtime, "dropped", "registration.contacts", 4)
    assert await told() == 0
    await letter(runtime, "dead", "registration.contacts", 4)
    assert [await told(), await told()] == [1, 0]
    await letter(runtime, "waiting", "registration.contacts", 4)
    assert [await told(), await told()] == [2, 0]


@pytest.mark.parametrize(
    ("ahead", "left"),
    [
        ({}, False),
        ({"handler": "example.y"}, True),
        ({"topic": "surveys"}, True),
        ({"subject": None}, True),
        ({"state": "lost"}, True),
        ({"state": "dropped"}, True),
    ],
)
async def test_what_waits_is_left_where_no_letter_of_its_handler_topic_and_subject_is_open(
    runtime: Runtime, ahead: dict[str, Any], left: bool
) -> None:
    subject = new_id()
    first: dict[str, Any] = {"state": "dead", "topic": "registration", "subject": subject} | ahead
    await letter(runtime, days=1, **first)
    async with runtime.transaction() as session:
        assert not await left_waiting(session)
    await letter(runtime, "waiting", "registration", 1, subject=subject)
    async with runtime.transaction() as session:
        assert await left_waiting(session) is left
