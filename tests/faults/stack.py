"""The local stack with a proxy's port in front of Postgres and Kafka: ``python -m tests.faults.stack``."""

import sys
from urllib.parse import urlsplit, urlunsplit

from deploy.local.main import main
from deploy.local.process import Process
from deploy.local.stack import Stack

#: Distance of a proxy's port from the port of what it stands in front of.
PROXIED = 40


class ProxiedStack(Stack):
    """Services reach Postgres and Kafka through proxies that somebody else runs; the launcher reaches them directly."""

    @property
    def advertised_kafka_port(self) -> int:  # type: ignore[override]
        """Where clients are sent after their first question."""
        return self.ports["Kafka"] + PROXIED

    def python(self, name: str, environment: dict[str, str], module: str, *arguments: str) -> Process:
        if url := environment.get("PANEL_SERVICE_DATABASE_URL"):
            parts = urlsplit(url)
            place = f"{parts.username}:{parts.password}@127.0.0.1:{self.ports['Postgres'] + PROXIED}"
            environment = environment | {
                "PANEL_SERVICE_DATABASE_URL": urlunsplit(parts._replace(netloc=place)),
                "PANEL_KAFKA": f"127.0.0.1:{self.advertised_kafka_port}",
            }
        return super().python(name, environment, module, *arguments)


if __name__ == "__main__":
    sys.exit(main(ProxiedStack))
