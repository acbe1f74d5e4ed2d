"""The ledger balances, also when a service is killed in the middle, and no log holds an address."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, TopicPartition

from deploy.local.process import free_base
from shared.services import SERVICES

ROOT = Path(__file__).parents[2]
ADDRESS = re.compile(rb"beboer\d+@example\.org")
#: The only topics that may hold one.
WITH_ADDRESSES = {"registration.contacts", "results.contacts"}
PARTITIONS = 12
#: Lines of the demo at which the service is killed: while people join, while they answer, and while the meeting fills.
MOMENTS = ("145 members", "invitations caught", "drawn to the meeting")


def play(state: Path, kill: str) -> tuple[dict[str, Any], dict[str, list[bytes]]]:
    """Run the demo; its ledger, and every record of every topic. Fails when the demo says that anything differs."""
    base = free_base()
    environment = {
        **os.environ,
        "DEMO_STATE": str(state),
        "PANEL_PORT_BASE": str(base),
    }
    demo = subprocess.Popen(
        [sys.executable, "-m", "deploy.demo"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: list[str] = []
    assert demo.stdout is not None
    guard = _guard(demo)
    for line in demo.stdout:
        guard.cancel()
        guard = _guard(demo)
        lines.append(line)
        if any(moment in line for moment in MOMENTS):
            os.kill(_status(state)["parts"][kill]["pid"], signal.SIGKILL)
        if "stay up until" in line:
            topics = records(_status(state))
            demo.terminate()
    guard.cancel()
    assert demo.wait() == 0, "".join(lines[-40:])
    (ledger,) = [json.loads(line) for line in lines if line.startswith("{")]
    return ledger, topics


def _guard(demo: "subprocess.Popen[str]") -> threading.Timer:
    """Ends a demo that has said nothing for long: a busy machine makes it slow, not silent."""
    guard = threading.Timer(300, demo.terminate)
    guard.start()
    return guard


def _status(state: Path) -> dict[str, Any]:
    status: dict[str, Any] = json.loads((state / "status.json").read_text())
    return status


def records(status: dict[str, Any]) -> dict[str, list[bytes]]:
    """Contract topic -> key, headers and value of every record it holds, as bytes."""
    consumer = Consumer(
        {
            "bootstrap.servers": status["kafka"],
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
            "sasl.username": status["kafka_username"],
            "sasl.password": status["kafka_password"],
            "group.id": "test-reader",
            "enable.partition.eof": "true",
        }
    )
    topics: dict[str, list[bytes]] = {}
    try:
        names = [name for name in consumer.list_topics(timeout=10).topics if name.startswith("panel.")]
        partitions = [TopicPartition(name, number, 0) for name in names for number in range(PARTITIONS)]
        consumer.assign(partitions)
        ended = 0
        while ended < len(partitions):
            message = consumer.poll(10)
            assert message is not None, "the topics were not read to their ends"
            if (error := message.error()) is not None:
                assert error.code() == KafkaError._PARTITION_EOF, error
                ended += 1
                continue
            parts = [message.key() or b"", repr(message.headers()).encode(), message.value() or b""]
            topics.setdefault(str(message.topic()).removeprefix("panel."), []).append(b" ".join(parts))
    finally:
        consumer.close()
    return topics


@pytest.mark.stack
@pytest.mark.parametrize("service", SERVICES)
def test_the_ledger_balances_when_a_service_is_killed_in_the_middle(service: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    ledger, topics = play(tmp_path, service)
    assert (ledger["lost"], ledger["doubled"], ledger["dead_letters"]) == (0, 0, 0)
    assert ledger["members"] == 204
    for log in (tmp_path / "logs").glob("*.log"):
        assert not ADDRESS.search(log.read_bytes()), log.name
    assert {topic for topic, values in topics.items() if any(map(ADDRESS.search, values))} == WITH_ADDRESSES
