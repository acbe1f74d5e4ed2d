"""The demo's first year, played against the image's five services in containers: its ledger balances."""

import os
import subprocess
import sys
from pathlib import Path

from deploy.local.downloads import ROOT
from deploy.local.process import free_base
from tests.cluster.test_image import pytestmark as needs_image

pytestmark = needs_image


def test_the_ledger_balances_against_containers(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    settings = {"DEMO_LAUNCHER": "tests.cluster.stack", "DEMO_EXIT": "1", "DEMO_STATE": str(tmp_path / "state")}
    result = subprocess.run(
        [sys.executable, "-m", "deploy.demo"],
        cwd=ROOT,
        env={**os.environ, **settings, "PANEL_PORT_BASE": str(free_base())},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-2000:]
    assert "the ledger balances" in result.stdout
