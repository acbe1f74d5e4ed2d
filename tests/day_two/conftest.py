"""These take minutes and whole stacks of their own, so `make cluster-test` runs them and `make test` does not."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.backends import start_backends
from deploy.local.servers import Backends


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip those in this folder without PANEL_DAY_TWO."""
    if os.environ.get("PANEL_DAY_TWO") == "1":
        return
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.skip(reason="takes minutes: `make cluster-test`"))


@pytest.fixture(scope="package")
def own_backends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backends]:
    """Servers from the local stack, for tests that start one service themselves."""
    running = start_backends(tmp_path_factory.mktemp("backends"), fsync=False)
    yield running
    running.stop()
