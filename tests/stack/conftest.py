"""One small Kafka and Postgres of these tests' own, because they need each principal's password."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.backends import start_backends
from deploy.local.servers import Backends


@pytest.fixture(scope="package")
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where these servers keep everything."""
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="package")
def own_backends(own_state: Path) -> Iterator[Backends]:
    """Servers from the local stack, whatever the environment offers: rights are what is tested."""
    before = os.environ.pop("PANEL_TEST_BACKEND", None)
    running = start_backends(own_state, fsync=False)
    if before is not None:
        os.environ["PANEL_TEST_BACKEND"] = before
    yield running
    running.stop()
