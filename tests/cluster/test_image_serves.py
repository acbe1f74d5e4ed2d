"""The image against a real Postgres and Kafka: migrations, topics, and a service that shows its pages."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import yaml

from deploy.local.backends import start_backends
from deploy.local.process import free_ports
from deploy.local.servers import Backends
from shared.messaging.topics import principal
from shared.roles import create_database, create_service_roles
from shared.secret_objects import secret_objects
from shared.services import SERVICES
from tests.cluster.stack import HARDENED
from tests.cluster.test_image import IMAGE, engine
from tests.cluster.test_image import pytestmark as needs_image

pytestmark = needs_image
PREFIX = "panel"


@pytest.fixture(scope="module")
def backends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backends]:
    """Servers of this test's own, because rights are part of what is tried."""
    running = start_backends(tmp_path_factory.mktemp("image"), fsync=False)
    yield running
    running.stop()


def _run(*command: str, **settings: str) -> tuple[int, str]:
    options = [part for name, value in settings.items() for part in ("--env", f"{name}={value}")]
    result = engine("run", *HARDENED, "--network=host", *options, IMAGE, *command)
    return result.returncode, result.stdout + result.stderr


def test_it_migrates_and_serves(backends: Backends, tmp_path: Path) -> None:
    owner = asyncio.run(create_database(backends.database_url, PREFIX, uuid4().hex))
    code, words = _run("migrate", PANEL_DATABASE_URL=owner)
    assert (code, words.strip()) == (
        1,
        "error: The role panel_registration is not in Postgres yet: make it, and migrate again.",
    )
    urls = asyncio.run(create_service_roles(backends.database_url, owner, PREFIX, {s: uuid4().hex for s in SERVICES}))
    assert _run("migrate", PANEL_DATABASE_URL=owner) == (0, "")
    admin = {"PANEL_KAFKA_USERNAME": backends.kafka_username, "PANEL_KAFKA_PASSWORD": backends.kafka_password}
    assert _run("topics", "--where", "local", "--rights", PANEL_KAFKA=backends.kafka, **admin) == (0, "")

    objects = yaml.safe_load_all(secret_objects(PREFIX, "smtp://127.0.0.1:1025", "secret"))
    keys = next(entry["stringData"] for entry in objects if entry["metadata"]["name"] == "panel-registration-keys")
    (port,) = free_ports(1)
    user = principal(PREFIX, "registration")
    settings = keys | {
        "PANEL_SERVICE_DATABASE_URL": urls["registration"],
        "PANEL_KAFKA": backends.kafka,
        "PANEL_KAFKA_USERNAME": user,
        "PANEL_KAFKA_PASSWORD": backends.service_passwords[user],
        "PANEL_PORT": str(port),
        "PANEL_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    options = [part for name, value in settings.items() for part in ("--env", f"{name}={value}")]
    name = f"panel-{uuid4().hex[:8]}"
    started = engine(
        "run", "--detach", "--name", name, *HARDENED, "--network=host", *options, IMAGE, "serve", "registration"
    )
    assert started.returncode == 0, started.stderr
    try:
        _wait_ready(port, name)
        page = httpx.get(f"http://127.0.0.1:{port}/")
        assert page.status_code == 200
        (style,) = {part.split('"')[0] for part in page.text.split('href="')[1:] if "panel.css" in part.split('"')[0]}
        assert httpx.get(f"http://127.0.0.1:{port}{style}").status_code == 200
        assert "panel_members" in httpx.get(f"http://127.0.0.1:{port}/-/metrics").text
    finally:
        stopped = engine("stop", "--time", "30", name)
    assert stopped.returncode == 0


def _wait_ready(port: int, name: str) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/-/ready", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            assert engine("inspect", name).returncode == 0, "the container has ended"
    raise AssertionError(engine("logs", name).stdout[-2000:])
