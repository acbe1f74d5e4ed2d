"""``PANEL_TEST_BACKEND=containers``: tests of delivery against Postgres and Kafka that testcontainers starts."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.downloads import ROOT
from deploy.local.process import Process, wait_until
from tests.cluster.standins.make import STANDINS
from tests.cluster.test_image import ENGINE
from tests.cluster.test_image import pytestmark as needs_image

pytestmark = [needs_image, pytest.mark.skipif("podman" not in ENGINE, reason="docker needs no service started for it")]


@pytest.fixture
def engine_address(tmp_path: Path) -> Iterator[str]:
    """Where podman answers as docker does."""
    socket = Path("/tmp") / f"panel-{os.getpid()}.sock"
    process = Process(
        "podman", [str(shutil.which(ENGINE)), "system", "service", "--time=0", f"unix://{socket}"], tmp_path / "log"
    )
    process.spawn()
    wait_until(socket.exists, [process], "podman's service", 30)
    yield f"unix://{socket}"
    process.stop()
    socket.unlink(missing_ok=True)


def test_delivery_is_tested_against_containers(engine_address: str) -> None:
    images = {name: os.environ.get(name) or image for name, image in STANDINS.items()}
    variables = {
        "PANEL_TEST_BACKEND": "containers",
        "DOCKER_HOST": engine_address,
        "TESTCONTAINERS_RYUK_DISABLED": "true",
    }
    # On a machine that is a container itself testcontainers asks for the network's address, which podman 4 leaves out.
    variables |= {"TESTCONTAINERS_CONNECTION_MODE": "docker_host", "TESTCONTAINERS_HOST_OVERRIDE": "127.0.0.1"}
    away = {"PANEL_TEST_DATABASE_URL", "PANEL_TEST_KAFKA"}
    environment = {name: value for name, value in os.environ.items() if name not in away} | images | variables
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/shared/test_delivery.py"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-1000:]
    assert " passed" in result.stdout
