"""What chart and compose know of services, paths, topics and rights, from the tables the local stack is made from.

``python -m deploy.cluster.topology`` writes the chart's data file and the compose gateway's Caddyfile; tests compare
the committed files with what would be written.
"""

import yaml

from deploy.local.caddy import public_caddyfile
from deploy.local.downloads import ROOT
from deploy.local.environment import secret_settings
from shared.messaging.topics import principals, read_topics
from shared.services import ROUTES, SERVICES

TOPOLOGY_FILE = ROOT / "deploy" / "chart" / "files" / "topology.yaml"
GATEWAY_FILE = ROOT / "deploy" / "compose" / "Caddyfile"
_HEAD = "# Written by `make chart-data` from deploy/kafka/topics.yaml and shared/services.py: change them.\n"


def topology() -> dict[str, object]:
    """The values that templates range over: ``services`` by name, ``topics`` and their ``replicas``."""
    topics, replicas = read_topics(where="cluster")
    services = {
        service: {
            "paths": sorted(prefix for prefix, owner in ROUTES if owner == service),
            "writes": sorted(topic.name for topic in topics if topic.writer == service),
            "reads": sorted(topic.name for topic in topics if service in topic.readers),
            "secrets": list(secret_settings(service)),
        }
        for service in principals(topics)
    }
    return {
        "services": services,
        "replicas": replicas,
        "topics": [
            {"name": topic.name, "partitions": topic.partitions, "config": dict(sorted(topic.config.items()))}
            for topic in topics
        ],
    }


def topology_text() -> str:
    """The data file's text."""
    return _HEAD + yaml.safe_dump(topology(), sort_keys=False, width=120)


def gateway_text() -> str:
    """The Caddyfile's text; containers find each other by the service's name."""
    return _HEAD.replace("deploy/kafka/topics.yaml and ", "") + public_caddyfile(
        ROUTES, {service: [f"{service}:8000"] for service in SERVICES}
    )


def write() -> None:
    """Write both files."""
    TOPOLOGY_FILE.write_text(topology_text(), encoding="utf-8")
    GATEWAY_FILE.write_text(gateway_text(), encoding="utf-8")


if __name__ == "__main__":
    write()
