"""What has happened may be told again: every topic from its start, every state; and the oracle sees what is wrong."""

import hashlib
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from shared.messaging import emit_state
from tests.faults.oracle import Oracle, Verdict
from tests.simulation.test_simulation import one_connection, playing
from tests.simulation.world import SERVICES, World

__all__ = ["one_connection"]
#: Where an event that is sent once more leaves its own trace, though nothing else changes.
MECHANISM = ("outbox", "inbox", "relay_position", "subject_seen")


class Played:
    """A world after its story, and its database."""

    def __init__(self, world: World, verdict: Verdict, connection: "asyncpg.Connection", url: str) -> None:
        self.world, self.verdict, self.connection, self.url = world, verdict, connection, url

    async def hashes(self, schemas: Sequence[str] = SERVICES, without: Sequence[str] = ()) -> dict[str, str]:
        """A hash of each table's rows, whatever their order."""
        tables = await self.connection.fetch(
            "select schemaname || '.' || tablename as name, tablename from pg_tables where schemaname = any($1)",
            list(schemas),
        )
        digests = {}
        for table in tables:
            if table["tablename"] in without or table["tablename"].startswith("archive"):
                continue
            rows = await self.connection.fetch(f"select t::text as row from {table['name']} t")
            digest = hashlib.sha256("\n".join(sorted(row["row"] for row in rows)).encode())
            digests[table["name"]] = digest.hexdigest()
        return digests

    async def judged(self, seconds: float = 0) -> Verdict:
        """The oracle's verdict now."""
        actors = self.world.actors
        return await Oracle(self.url).judge(
            actors.told,
            actors.people,
            actors.imported,
            self.world.mail.mails,
            may_be_unknown=0,
            seconds_to_zero=seconds,
        )


@pytest_asyncio.fixture
async def played(one_connection: None, database_url: str, tmp_path: Path) -> AsyncIterator[Played]:
    """A story with its ends."""
    async with playing(11, database_url, tmp_path) as (verdict, world):
        connection = await asyncpg.connect(database_url)
        yield Played(world, verdict, connection, database_url)
        await connection.close()


async def test_every_topic_from_its_start_changes_no_table(played: Played) -> None:
    before = await played.hashes()
    played.world.broker.committed.clear()
    assert await played.world.consume_everything() > 50
    assert await played.hashes() == before


async def send_all_states(world: World) -> int:
    count = 0
    for process in world.processes.values():
        if process.runtime.service.state is not None:
            async with process.runtime.transaction() as session:
                count += await emit_state(session, process.runtime.service.state(session))
    await world.relay_everything()
    await world.consume_everything()
    return count


async def test_every_state_sent_again_changes_nothing_and_writes_no_mail(played: Played) -> None:
    before, mails = await played.hashes(without=MECHANISM), len(played.world.mail.mails)
    assert await send_all_states(played.world) > 10
    assert await played.hashes(without=MECHANISM) == before
    await played.world.settle()
    assert len(played.world.mail.mails) == mails


@pytest.mark.parametrize(
    ("schema", "projections"),
    [
        ("meetings", ("meetings.member",)),
        ("notifications", ("notifications.contact", "notifications.member")),
        ("surveys", ("surveys.member", "surveys.margins", "surveys.threshold")),
    ],
)
async def test_an_emptied_services_projections_are_filled_by_state(
    played: Played, schema: str, projections: tuple[str, ...]
) -> None:
    async def rows() -> dict[str, list[str]]:
        return {
            name: sorted(row["row"] for row in await played.connection.fetch(f"select t::text as row from {name} t"))
            for name in projections
        }

    before = await rows()
    assert all(before.values())
    own = await played.connection.fetch(
        "select schemaname || '.' || tablename as name from pg_tables where schemaname = $1", schema
    )
    names = ", ".join(row["name"] for row in own if not row["name"].endswith("_version"))
    await played.connection.execute(f"truncate {names} restart identity cascade")
    await send_all_states(played.world)
    assert await rows() == before


DAMAGES = [
    (
        "I5 answers counted are those given",
        "delete from results.answer where id = (select id from results.answer limit 1)",
    ),
    (
        "I5 answers counted are those given",
        "update results.answer set answers = (select answers from results.answer order by id limit 1)",
    ),
    ("I1 acknowledged is there", "delete from surveys.member where id = (select id from surveys.member limit 1)"),
    ("I1 acknowledged is there", "update registration.panel set size = size + 1"),
    (
        "I2 every event applied",
        "delete from surveys.inbox where event_id ="
        " (select event_id from registration.archive where type = 'registration.member_joined.v1' limit 1)",
    ),
    (
        "I3 survey mail at most once",
        "update notifications.message set state = 'failed' where state = 'sent' and not urgent",
    ),
    (
        "I2 every event applied",
        'insert into results.dead_letter (id, state, reason, topic, partition, "offset", headers, payload)'
        " values (gen_random_uuid(), 'dead', 'ValueError', 'surveys', 0, 0, '{}', '')",
    ),
    ("I4 unknown is bounded", "update notifications.message set state = 'unknown' where not urgent"),
    ("I6 shown is recounted", "update results.publication set arrived = arrived - 1"),
    ("I6 shown is recounted", "update results.answer set answers = answers - 'reisemate' where answers ? 'reisemate'"),
    ("I7 seats and quotas", "update meetings.meeting set seats = 1"),
    ("I7 seats and quotas", "update meetings.invitation set state = 'declined' where state = 'accepted'"),
    (
        "I8 nothing of the erased",
        "update notifications.contact set name = (select email from gone) where member_id ="
        " (select member_id from notifications.contact limit 1)",
    ),
    (
        "I10 nothing done for the erased",
        "insert into surveys.member select id, 1980, 'male', '{}', 'active', now() from registration.member"
        " where status = 'erased' limit 1",
    ),
]


async def test_the_oracle_sees_what_is_wrong(played: Played) -> None:
    assert played.verdict.fine
    actors = played.world.actors
    (email, *_) = [person.email for person in actors.people if person.number in actors.told.left]
    # Rows come back in any order, so nothing may ask for what they refer to.
    await played.connection.execute("set session_replication_role = replica")
    for broken, damage in DAMAGES:
        (table,) = re.findall(r"^(?:update|delete from|insert into) ([a-z_.]+)", damage)
        await played.connection.execute(f"create temporary table before as table {table}")
        await played.connection.execute(damage.replace("(select email from gone)", f"'{email}'"))
        assert not (await played.judged()).holds[broken], damage
        await played.connection.execute(f"delete from {table}")
        await played.connection.execute(f"insert into {table} overriding system value table before")
        await played.connection.execute("drop table before")
    assert (await played.judged()).fine


async def test_the_oracle_sees_a_second_mail(played: Played) -> None:
    mails = played.world.mail.mails
    mails.append(next(mail for mail in mails if mail["subject"].startswith("Ny undersøkelse")))
    verdict = await played.judged()
    assert (verdict.doubled > 0, verdict.holds["I3 survey mail at most once"]) == (True, False)


async def test_the_oracle_sees_a_lag_that_stays(played: Played) -> None:
    assert not (await played.judged(seconds=121)).holds["I9 lags return to zero"]


async def test_every_invariant_is_judged_by_name_and_has_been_seen_broken(played: Played) -> None:
    names = [name.split(" ")[0] for name in played.verdict.holds]
    assert sorted(names, key=lambda name: int(name[1:])) == [f"I{number}" for number in range(1, 11)]
    invariants = {broken.split(" ")[0] for broken, _ in DAMAGES}
    assert set(names) - invariants == {"I9"}
    # A verdict about nothing would hold as well.
    numbers = played.verdict.numbers
    assert numbers["I6 shown is recounted"]["numbers"] > 10
    assert numbers["I7 seats and quotas"]["accepted"] > 1
    assert numbers["I8 nothing of the erased"]["erased"] > 0
