"""Every kind of process is killed once under load while other things break; nothing acknowledged is lost or doubled."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.process import free_base
from tests.faults.acts import KILLABLE

ROOT = Path(__file__).parents[2]


@pytest.mark.stack
def test_nothing_acknowledged_is_lost_or_doubled_whatever_dies(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    base = free_base()
    environment = os.environ | {
        "PANEL_PORT_BASE": str(base),
        "FAULTS_STATE": str(tmp_path / "faults"),
        "KILLS": str(len(KILLABLE)),
    }
    result = subprocess.run(
        [sys.executable, "-m", "tests.faults"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr[-3000:]}"
    (report,) = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    assert set(report["kills_by_part"]) == set(KILLABLE)
    assert (report["lost"], report["doubled"], report["broken"]) == (0, 0, [])
