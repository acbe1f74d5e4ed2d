"""Postgres and Kafka as containers, for machines that have an engine and the images (PANEL_TEST_BACKEND=containers)."""

from typing import Any

from deploy.local.backends import Backends


def start_containers() -> Backends:
    """Start both; the Kafka image has neither principals nor ACLs, so tests of rights need the local stack."""
    from testcontainers.community.kafka import KafkaContainer
    from testcontainers.community.postgres import PostgresContainer

    postgres: Any = PostgresContainer("postgres:18", username="postgres", password="postgres", driver=None)  # noqa: S106
    kafka: Any = KafkaContainer("apache/kafka:4.4.0").with_kraft()
    started: list[Any] = []

    def stop() -> None:
        for container in reversed(started):
            container.stop()

    try:
        for container in (postgres, kafka):
            container.start()
            started.append(container)
    except BaseException:
        stop()
        raise
    return Backends(postgres.get_connection_url(), kafka.get_bootstrap_server(), "", "", {}, stop)
