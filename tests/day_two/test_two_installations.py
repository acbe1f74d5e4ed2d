"""Two municipalities on one Postgres and one Kafka: names carry the prefix, and nothing crosses."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from shared.messaging.provision import admin_client
from shared.roles import create_database
from shared.services import SERVICES
from tests.day_two.running import Running

OTHER = "annen"


@pytest.fixture
def first(tmp_path: Path) -> Iterator[Running]:
    """The one with servers of its own."""
    running = Running(_folder(tmp_path, "first"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def second(first: Running, tmp_path: Path) -> Iterator[Running]:
    """The other, on the same servers."""
    status = first.status
    asyncio.run(create_database(status["database_url"], OTHER, "w" * 24))
    running = Running(
        _folder(tmp_path, "second"),
        PANEL_PREFIX=OTHER,
        PANEL_DATABASE_URL=urlsplit(status["database_url"])._replace(path=f"/{OTHER}").geturl(),
        PANEL_KAFKA=status["kafka"],
        PANEL_KAFKA_USERNAME=status["kafka_username"],
        PANEL_KAFKA_PASSWORD=status["kafka_password"],
    )
    running.start()
    yield running
    running.stop()


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder


def _names(running: Running) -> dict[str, set[str]]:
    """Prefixes of what the broker has, by kind."""
    status = running.status
    admin: Any = admin_client(status["kafka"], status["kafka_username"], status["kafka_password"])
    groups = {group.group_id for group in admin.list_consumer_groups().result(30).valid}
    topics = {name for name in admin.list_topics(timeout=30).topics if not name.startswith("__")}
    return {
        kind: {name.partition(".")[0] for name in names} for kind, names in (("topics", topics), ("groups", groups))
    }


async def test_people_of_the_one_are_unknown_to_the_other(first: Running, second: Running) -> None:
    people = first.people(8)
    # The same residents in both, some of them: an address may be in each.
    await asyncio.gather(first.join(people[:4]), second.join(people[2:7]))
    await first.balances(4)
    await second.balances(5)
    assert _names(first) == {"topics": {"panel", OTHER}, "groups": {"panel", OTHER}}
    roles = {f"{prefix}_{name}" for prefix in ("panel", OTHER) for name in ("owner", *SERVICES)}
    rows = await first.ask("select array_agg(rolname::text) from pg_roles where rolname !~ '^(pg_|postgres)'")
    assert set(rows) == roles

    # A role of the one has no way into the other's database.
    own = second.environment_of("surveys")["PANEL_SERVICE_DATABASE_URL"]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(urlsplit(own)._replace(path="/panel").geturl())

    # One is upgraded or away: the other works on.
    second.stop()
    await first.join(people[7:])
    await first.balances(5)
    second.start()
    await second.balances(5)
