"""PgBouncer in transaction mode in front of the services: another server connection for each transaction."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.downloads import cache_folder
from deploy.local.process import Process, free_ports, listens, unprivileged_user, wait_until
from deploy.local.secrets import read_secrets
from shared.services import SERVICES
from tests.day_two.replicated import CHANGED
from tests.day_two.running import Running

PROGRAM = cache_folder() / "pgbouncer" / "usr" / "sbin" / "pgbouncer"
#: Far fewer than the ten processes' connections, so that they must share.
SERVERS = 10

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="PgBouncer is not installed: it comes with Debian")


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Running]:
    """Two processes of each service, which reach Postgres through the pooler alone; roles and migrations go past it."""
    state = tmp_path / "state"
    state.mkdir()
    running, secrets, (port,) = Running(state, "tests.day_two.replicated"), read_secrets(state), free_ports(1)
    # Folders of tests are closed to the user that it must run as.
    folder = Path(tempfile.mkdtemp(prefix="panel-pooler-"))
    process = _pooler(
        folder, state / "pgbouncer.log", port, int(running.settings["PANEL_PORT_BASE"]) + 4, secrets.postgres
    )
    settings = {
        service: {
            "PANEL_SERVICE_DATABASE_URL": f"postgresql://panel_{service}:{secrets.roles[service]}@127.0.0.1:{port}/panel",
            "PANEL_DATABASE_STATEMENT_CACHE": "0",
        }
        for service in SERVICES
    }
    (state / CHANGED).write_text(json.dumps(settings), encoding="utf-8")
    process.spawn()
    try:
        wait_until(lambda: listens(port), [process], "pgbouncer", 60)
        running.start()
        yield running
    finally:
        running.stop()
        process.stop()
        shutil.rmtree(folder)


def _pooler(folder: Path, log: Path, port: int, behind: int, password: str) -> Process:
    (folder / "users").write_text(f'"postgres" "{password}"\n', encoding="utf-8")
    settings = {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "unix_socket_dir": "",
        "auth_type": "scram-sha-256",
        "auth_file": folder / "users",
        "auth_user": "postgres",
        "auth_query": "select usename, passwd from pg_shadow where usename = $1",
        "pool_mode": "transaction",
        "default_pool_size": SERVERS // len(SERVICES),
        "max_client_conn": 500,
        # As the chart's pooler.
        "ignore_startup_parameters": "idle_in_transaction_session_timeout,timezone,jit",
    }
    lines = ["[databases]", f"* = host=127.0.0.1 port={behind}", "[pgbouncer]"]
    lines += [f"{name} = {value}" for name, value in settings.items()]
    (folder / "pgbouncer.ini").write_text("\n".join(lines) + "\n", encoding="utf-8")
    user = unprivileged_user()
    for path in (folder, *folder.iterdir()):
        if user is not None:
            shutil.chown(path, user)
    libraries = PROGRAM.parents[1] / "lib" / "x86_64-linux-gnu"
    environment = {**os.environ, "LD_LIBRARY_PATH": str(libraries)}
    return Process("pgbouncer", [str(PROGRAM), str(folder / "pgbouncer.ini")], log, environment, user)


async def test_people_join_through_two_connections_a_service(stack: Running) -> None:
    """Prepared statements, advisory locks and settings of a transaction: none is looked for outside it."""
    await stack.join(stack.people(12))
    await stack.balances(12)
    statement = "select count(*) from pg_stat_activity where datname = 'panel' and usename ~ '^panel_.*s$|registration'"
    assert 0 < await stack.ask(statement) <= SERVERS
    for name in [name for service in SERVICES for name in (service, f"{service} 2")]:
        for line in (stack.state / "logs" / f"{name}.log").read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            # Two processes on one machine cannot both listen for letters.
            assert entry["level"] not in ("error", "critical") or entry.get("job") == "take_letters", line
