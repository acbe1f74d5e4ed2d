"""``deploy/kafka/topics.yaml`` as values: topics, their settings, and who may write and read them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

TOPICS_FILE = Path(__file__).resolve().parents[2] / "deploy" / "kafka" / "topics.yaml"


@dataclass(frozen=True)
class Topic:
    """One contract topic, without the installation's prefix."""

    name: str
    writer: str
    readers: tuple[str, ...]
    partitions: int
    config: dict[str, str]
    restricted: bool


def read_topics(*, where: str = "local") -> tuple[list[Topic], int]:
    """Topics and the replication factor of ``where`` ("local" or "cluster")."""
    document: dict[str, Any] = yaml.safe_load(TOPICS_FILE.read_text(encoding="utf-8"))
    defaults, replication = document["defaults"], document["replication"][where]
    topics = [
        Topic(
            name=name,
            writer=entry["writer"],
            readers=tuple(entry["readers"]),
            partitions=defaults["partitions"],
            config={
                **defaults["config"],
                **document["classes"][entry["class"]],
                "min.insync.replicas": str(replication["min.insync.replicas"]),
            },
            restricted=entry["class"] == "restricted",
        )
        for name, entry in document["topics"].items()
    ]
    return topics, int(replication["factor"])


def principals(topics: Iterable[Topic]) -> list[str]:
    """Every service named in the file, sorted."""
    return sorted({name for topic in topics for name in (topic.writer, *topic.readers)})


def principal(prefix: str, service: str) -> str:
    """The service's user at Kafka: installations that share a broker have users of their own."""
    return f"{prefix}-{service}"
