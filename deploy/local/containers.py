"""Postgres and Kafka as containers, for machines that have an engine and the images (PANEL_TEST_BACKEND=containers)."""

import os
from typing import Any

from deploy.local.downloads import KAFKA_VERSION
from deploy.local.process import free_ports, listens, wait_until
from deploy.local.servers import Backends


def start_containers() -> Backends:
    """Start both; this Kafka has neither principals nor ACLs, so tests of rights need the local stack.

    PANEL_POSTGRES_IMAGE and PANEL_KAFKA_IMAGE name other images than the official ones.
    """
    from testcontainers.community.postgres import PostgresContainer
    from testcontainers.core.container import DockerContainer

    (port,) = free_ports(1)
    postgres: Any = PostgresContainer(
        os.environ.get("PANEL_POSTGRES_IMAGE") or "postgres:18",
        username="postgres", password="postgres", dbname="postgres", driver=None,  # noqa: S106
    )  # fmt: skip
    # A fixed port, because the broker must advertise the one that clients see.
    kafka: Any = DockerContainer(
        os.environ.get("PANEL_KAFKA_IMAGE") or f"apache/kafka:{KAFKA_VERSION}"
    ).with_bind_ports(port, port)
    for name, value in _kafka_settings(port).items():
        kafka.with_env(name, value)
    started: list[Any] = []

    def stop() -> None:
        for container in reversed(started):
            container.stop()

    try:
        for container in (postgres, kafka):
            container.start()
            started.append(container)
        wait_until(lambda: listens(port), [], "Kafka's container", 60)
        return Backends(postgres.get_connection_url(), f"127.0.0.1:{port}", "", "", {}, stop)
    except BaseException:
        stop()
        raise


def _kafka_settings(port: int) -> dict[str, str]:
    return {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:29093",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENERS": f"PLAINTEXT://0.0.0.0:{port},CONTROLLER://localhost:29093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    }
