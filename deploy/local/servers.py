"""Where two running servers are, however they were started."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Backends:
    """Postgres and Kafka, and the credentials that may do everything."""

    database_url: str
    kafka: str
    kafka_username: str
    kafka_password: str
    service_passwords: dict[str, str]
    """Kafka password per user; the services are ``panel-<service>``."""
    stop: Callable[[], None]
