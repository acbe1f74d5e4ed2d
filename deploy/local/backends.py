"""Postgres and Kafka alone: what tests and benches run against.

``start_backends`` gives real servers from the wheels; ``PANEL_TEST_BACKEND=containers`` takes containers instead.
"""

import argparse
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from deploy.local.containers import start_containers
from deploy.local.kafka import ADMIN, Kafka
from deploy.local.postgres import Postgres, require_disk
from deploy.local.process import for_owner_only, free_ports
from deploy.local.secrets import read_secrets
from deploy.local.servers import Backends

#: Of the services' principals; tests of topics have prefixes of their own and sign in as the administrator.
_PREFIX = "panel"


@dataclass(frozen=True)
class Ports:
    """Loopback ports of the two servers."""

    postgres: int
    kafka: int
    kafka_controller: int


def start_backends(state: Path, ports: Ports | None = None, *, fsync: bool = True) -> Backends:
    """Start both under ``state`` (free ports unless given); raises StackError with one line that says what to do."""
    if os.environ.get("PANEL_TEST_BACKEND") == "containers":
        return start_containers()
    with for_owner_only():
        return _start(state.resolve(), ports, fsync=fsync)


def _start(state: Path, ports: Ports | None, *, fsync: bool) -> Backends:
    (state / "logs").mkdir(parents=True, exist_ok=True)
    require_disk(state)
    ports = ports or Ports(*free_ports(3))
    secrets = read_secrets(state)
    postgres = Postgres(state, ports.postgres, secrets.postgres, fsync=fsync)
    kafka = Kafka(state, ports.kafka, ports.kafka_controller, secrets.kafka_users(_PREFIX))

    def stop() -> None:
        kafka.process.stop()
        postgres.process.stop()

    try:
        with ThreadPoolExecutor() as side:
            initdb = side.submit(postgres.prepare)
            kafka.prepare()
            kafka.process.spawn()
            initdb.result()
            postgres.process.spawn()
        postgres.wait_ready()
        kafka.wait_ready()
    except BaseException:
        stop()
        raise
    return Backends(postgres.url(), kafka.address, ADMIN, secrets.kafka[ADMIN], secrets.kafka_users(_PREFIX), stop)


def main() -> None:
    """Run both until told to stop: ``python -m deploy.local.backends --state DIR --postgres 20432 --kafka 20092``."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--postgres", type=int, default=20432)
    parser.add_argument("--kafka", type=int, default=20092)
    options = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    backends = start_backends(options.state, Ports(options.postgres, options.kafka, options.kafka + 1))
    print(f"PANEL_TEST_DATABASE_URL={backends.database_url}")
    print(f"PANEL_TEST_KAFKA={backends.kafka}")
    print(f"PANEL_TEST_KAFKA_USERNAME={backends.kafka_username}")
    print(f"PANEL_TEST_KAFKA_PASSWORD={backends.kafka_password}", flush=True)
    ended.wait()
    backends.stop()


if __name__ == "__main__":
    main()
