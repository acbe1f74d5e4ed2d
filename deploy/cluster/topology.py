"""The chart's one data file: services, paths, topics and rights, from the tables that the local stack is made from.

``python -m deploy.cluster.topology`` writes it; a test compares the committed file with what would be written.
"""

from pathlib import Path
from typing import Any

import yaml

from deploy.local.downloads import ROOT
from deploy.local.environment import secret_settings
from shared.messaging.topics import principals, read_topics
from shared.services import ROUTES

TOPOLOGY_FILE = ROOT / "deploy" / "chart" / "files" / "topology.yaml"
_HEAD = "# Written by `make chart-data` from deploy/kafka/topics.yaml and shared/services.py: change them.\n"


def topology() -> dict[str, Any]:
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


def write(file: Path = TOPOLOGY_FILE) -> None:
    """Write the data file."""
    file.write_text(topology_text(), encoding="utf-8")


if __name__ == "__main__":
    write()
