"""A database whose disk is full: what was said is kept in Kafka, nothing is dead-lettered, and it goes on by itself."""

import asyncio
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from deploy.local.postgres import binaries
from deploy.local.process import free_ports, listens
from shared.events.registration import MemberJoined
from shared.messaging import subscribe
from shared.process import make_consumers
from shared.service import Service
from shared.testing import Deliverer, dead_letters, make_test_runtime
from tests.backends import eventually
from tests.shared.conftest import prepare
from tests.shared.test_inbox import joined

#: A tmpfs of its own, seen by nobody else; inside it another user than root, as whom Postgres would not start.
_SERVER = """
mount -t tmpfs -o size=200m tmpfs {folder}
exec unshare --user --map-user=1000 --map-group=1000 sh -c '
{bin}/initdb -D {folder}/data -U postgres --auth=trust --encoding=UTF8 --locale=C >/dev/null
exec {bin}/postgres -D {folder}/data -p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
    -c max_wal_size=48MB -c min_wal_size=32MB -c shared_buffers=16MB -c autovacuum=off -c fsync=off'
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[str]:
    """URL of a Postgres on a disk of 200 MB."""
    (port,) = free_ports(1)
    script = _SERVER.format(folder=shlex.quote(str(tmp_path)), bin=binaries(None), port=port)
    command = ["unshare", "--map-root-user", "--mount", "sh", "-ec", script]
    with (tmp_path.parent / "postgres.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    try:
        asyncio.run(eventually(lambda: listens(port), 60))
        yield url
    finally:
        # Each step has become the next, the last one Postgres: this is its fast shutdown.
        server.send_signal(signal.SIGINT)
        server.wait(30)


async def fill(connection: "asyncpg.Connection[Any]") -> None:
    """Write until nothing fits; a table that is not logged, so that the log of everything else still has its place."""
    await connection.execute("create unlogged table filler (bytes text)")
    await connection.execute("alter table filler alter bytes set storage external")
    for size in (1_000_000, 7000):
        with pytest.raises(asyncpg.DiskFullError):
            while True:
                await connection.execute("insert into filler values (repeat('x', $1))", size)


async def test_a_full_disk_is_waited_for(small_disk: str, tmp_path: Path) -> None:
    await eventually(lambda: answers(small_disk), 30)
    await prepare(small_disk)
    connection = await asyncpg.connect(small_disk)
    await connection.execute("create table example.kept (bytes bytea)")

    async def keep(session: AsyncSession, event: MemberJoined, _: Any) -> None:
        # Half a megabyte that cannot be packed.
        noise = "select string_agg(uuid_send(gen_random_uuid()), '') from generate_series(1, 32000)"
        await session.execute(sa.text(f"insert into example.kept {noise}"))

    service = Service(name="example", package="shared", handlers=[subscribe("example.keep", keep, MemberJoined)])
    runtime = make_test_runtime(service, small_disk, tmp_path / "clock")
    try:
        (consumer,) = make_consumers(runtime)
        await fill(connection)
        records = [Deliverer(runtime).record(joined(), joined().member_id, 1, False) for _ in range(3)]
        taking = asyncio.create_task(consumer.take(records))
        await eventually(lambda: consumer.stuck_seconds > 1, 60)
        await connection.execute("drop table filler")
        await connection.execute("checkpoint")
        async with asyncio.timeout(30):
            await taking
        assert await connection.fetchval("select count(*) from example.kept") == 3
        assert await dead_letters(runtime) == []
    finally:
        await runtime.database.close()
        await connection.close()


async def answers(url: str) -> bool:
    """Whether the server takes questions."""
    try:
        connection = await asyncpg.connect(url, timeout=2)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    await connection.close()
    return True
