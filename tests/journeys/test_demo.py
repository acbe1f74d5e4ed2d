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

from deploy.local.process import free_ports

ROOT = Path(__file__).parents[2]
SERVICES = ("registration", "surveys", "notifications", "meetings", "results")
#: Lines of the demo at which the service is killed: while people join, and while they answer.
MOMENTS = ("145 members", "invitations caught")


def play(state: Path, kill: str | None) -> dict[str, Any]:
    """Run the demo; its ledger. Fails when the demo says that anything differs."""
    (base,) = free_ports(1)
    environment = {
        **os.environ,
        "DEMO_STATE": str(state),
        "DEMO_EXIT": "1",
        "PANEL_PORT_BASE": str(min(base, 60_000)),
    }
    demo = subprocess.Popen(
        [sys.executable, "-m", "deploy.demo"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    guard = threading.Timer(240, demo.kill)
    guard.start()
    lines: list[str] = []
    assert demo.stdout is not None
    for line in demo.stdout:
        lines.append(line)
        if kill and any(moment in line for moment in MOMENTS):
            status = json.loads((state / "status.json").read_text())
            os.kill(status["parts"][kill]["pid"], signal.SIGKILL)
    guard.cancel()
    assert demo.wait() == 0, "".join(lines[-40:])
    (ledger,) = [json.loads(line) for line in lines if line.startswith("{")]
    found: dict[str, Any] = ledger
    return found


@pytest.mark.stack
@pytest.mark.parametrize("service", SERVICES)
def test_the_ledger_balances_when_a_service_is_killed_in_the_middle(service: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    ledger = play(tmp_path, service)
    assert (ledger["lost"], ledger["doubled"], ledger["dead_letters"]) == (0, 0, 0)
    assert ledger["members"] == 204
    addresses = re.compile(r"beboer\d+@example\.org")
    for log in (tmp_path / "logs").glob("*.log"):
        assert not addresses.search(log.read_text(errors="replace")), log.name
