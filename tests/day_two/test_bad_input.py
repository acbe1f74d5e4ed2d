"""A service that is told something wrong: one line that says what and where, or it waits and says for what."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from deploy.local.downloads import ROOT
from deploy.local.process import free_ports, wait_until
from deploy.local.servers import Backends
from shared.messaging.provision import admin_client, provision
from shared.migrations import migrate
from shared.roles import create_database, create_service_roles
from shared.services import SERVICES
from shared.tokens import derive_keys, encode_keys
from tests.profiles import write_profile

KEY = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="


@pytest.fixture(scope="module")
def settings(own_backends: Backends) -> dict[str, str]:
    """A whole environment of surveys, on a database that nobody has migrated yet."""
    prefix = f"b{uuid4().hex[:8]}"
    owner = asyncio.run(create_database(own_backends.database_url, prefix, "o" * 24))
    urls = asyncio.run(
        create_service_roles(own_backends.database_url, owner, prefix, dict.fromkeys(SERVICES, "s" * 24))
    )
    admin = admin_client(own_backends.kafka, own_backends.kafka_username, own_backends.kafka_password)
    provision(admin, prefix, acls=False)
    return {
        "PANEL_PREFIX": prefix,
        "PANEL_DATABASE_URL": owner,
        "PANEL_SERVICE_DATABASE_URL": urls["surveys"],
        "PANEL_KAFKA": own_backends.kafka,
        "PANEL_KAFKA_USERNAME": own_backends.kafka_username,
        "PANEL_KAFKA_PASSWORD": own_backends.kafka_password,
        "PANEL_COOKIE_KEY": KEY,
        "PANEL_STAFF_PUBLIC_KEY": KEY,
        "PANEL_LINK_KEYS": encode_keys(derive_keys({"1": b"k" * 32}, ["survey"])),
    }


class Served:
    """A process that runs, what it writes and what its probe says."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path, url: str) -> None:
        self._process = process
        self._log = log
        self._url = url

    def says(self, event: str) -> dict[str, Any]:
        """Its first log line of this name, when it comes."""
        entries: list[dict[str, Any]] = []

        def there() -> bool:
            assert self._process.poll() is None, self._log.read_text()
            lines = [json.loads(line) for line in self._log.read_text().splitlines() if line.startswith("{")]
            entries[:] = [line for line in lines if line["event"] == event]
            return bool(entries)

        wait_until(there, [], f"«{event}» in {self._log.read_text()[-600:]}", 60)
        return entries[0]

    def ready(self) -> dict[str, Any]:
        """The probe's answer."""
        answer: dict[str, Any] = httpx.get(f"{self._url}/-/ready", timeout=10).json()
        return answer

    def page(self) -> int:
        """What a resident gets."""
        return httpx.get(f"{self._url}/surveys", headers={"host": "127.0.0.1:8080"}, timeout=10).status_code


@contextmanager
def serving(tmp_path: Path, settings: dict[str, str]) -> Iterator[Served]:
    (port,) = free_ports(1)
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "shared.cli", "serve", "surveys"],
            cwd=ROOT, env={**os.environ, **settings, "PANEL_PORT": str(port)}, stdout=out, stderr=out,
        )  # fmt: skip
    served = Served(process, log, f"http://127.0.0.1:{port}")
    try:
        yield served
    finally:
        process.terminate()
        process.wait(60)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"PANEL_SERVICE_DATABASE_URL": ""}, "PANEL_SERVICE_DATABASE_URL is not set"),
        ({"PANEL_COOKIE_KEY": ""}, "PANEL_COOKIE_KEY is not set"),
        ({"PANEL_COOKIE_KEY": "secret"}, "PANEL_COOKIE_KEY must be 32 bytes in base64."),
        ({"PANEL_LINK_KEYS": ""}, "PANEL_LINK_KEYS is not set"),
        (
            {"PANEL_LINK_KEYS": '{"meeting": {"1": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="}}'},
            "PANEL_LINK_KEYS has no key of «survey»",
        ),
        ({"PANEL_LINK_KEYS": "secret"}, "PANEL_LINK_KEYS is not the JSON that `keys` or `secrets` prints."),
        (
            {"PANEL_ENVIRONMENT": "production"},
            "PANEL_PROFILE must name the folder with the municipality's profile in production",
        ),
        (
            {"PANEL_PROFILE": "/nowhere"},
            "PANEL_PROFILE: /nowhere/profile.yaml cannot be read (No such file or directory)",
        ),
        (
            {"PANEL_KAFKA_CA_FILE": "/nowhere"},
            "PANEL_KAFKA_CA_FILE: /nowhere is no readable file of certificates (PEM)",
        ),
        (
            {"PANEL_TRACES_URL": "collector:4318"},
            "PANEL_TRACES_URL: it must be http://host:port/path, as http://collector:4318/v1/traces",
        ),
        (
            {"PANEL_TRUSTED_GATEWAYS": "10.0.0.0/8"},
            'PANEL_TRUSTED_GATEWAYS: it must be JSON, a list say ["a", "b"]',
        ),
    ],
)
def test_what_cannot_be_right_ends_in_one_line(settings: dict[str, str], wrong: dict[str, str], words: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "shared.cli", "serve", "surveys"],
        cwd=ROOT, env={**os.environ, **settings, **wrong}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (1, f"error: {words}\n")
    assert "secret" not in result.stdout


def test_a_profile_of_another_shape_is_named_with_its_entry(settings: dict[str, str], tmp_path: Path) -> None:
    folder = write_profile(tmp_path / "profile", number="12")
    result = subprocess.run(
        [sys.executable, "-m", "shared.cli", "serve", "surveys"],
        cwd=ROOT, env={**os.environ, **settings, "PANEL_PROFILE": str(folder)}, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert result.returncode == 1
    assert result.stderr.startswith(f"error: PANEL_PROFILE: {folder}/profile.yaml: number: ")
    assert result.stderr.count("\n") == 1


def test_an_old_schema_is_waited_for_and_its_number_said(settings: dict[str, str], tmp_path: Path) -> None:
    asyncio.run(migrate(settings["PANEL_DATABASE_URL"], SERVICES, "0001", prefix=settings["PANEL_PREFIX"]))
    with serving(tmp_path, settings) as served:
        reason = served.says("service.schema.awaited")["reason"]
        assert reason.startswith("surveys.mechanism_version is at 0001, this release needs ")
        assert served.ready()["schema"] is False
        assert served.page() == 503
        asyncio.run(migrate(settings["PANEL_DATABASE_URL"], SERVICES, prefix=settings["PANEL_PREFIX"]))
        served.says("service.database.went_on")
        served.says("messaging.consumers.started")
        assert served.ready() == {"staying": True, "schema": True, "database": True, "broker": True}
        assert served.page() == 200


def test_a_newer_schema_is_said_and_served(settings: dict[str, str], tmp_path: Path) -> None:
    """Migrations run while the release before still serves, and one of its processes may start then."""
    asyncio.run(migrate(settings["PANEL_DATABASE_URL"], SERVICES, prefix=settings["PANEL_PREFIX"]))

    async def store(number: str) -> str:
        connection = await asyncpg.connect(settings["PANEL_DATABASE_URL"])
        try:
            before = await connection.fetchval("select version_num from surveys.schema_version")
            await connection.execute("update surveys.schema_version set version_num = $1", number)
        finally:
            await connection.close()
        return str(before)

    before = asyncio.run(store("9999"))
    try:
        with serving(tmp_path, settings) as served:
            line = served.says("service.schema.newer")
            assert (line["stored"], line["code"]) == ("9999", before)
            served.says("messaging.consumers.started")
            assert served.page() == 200
    finally:
        asyncio.run(store(before))


def test_a_wrong_database_password_is_waited_for(settings: dict[str, str], tmp_path: Path) -> None:
    wrong = settings["PANEL_SERVICE_DATABASE_URL"].replace("s" * 24, "wrong")
    with serving(tmp_path, settings | {"PANEL_SERVICE_DATABASE_URL": wrong}) as served:
        assert served.says("service.database.awaited")["reason"] == "InvalidPasswordError"
        assert served.ready()["database"] is False


def test_a_broker_that_is_not_there_is_waited_for(settings: dict[str, str], tmp_path: Path) -> None:
    asyncio.run(migrate(settings["PANEL_DATABASE_URL"], SERVICES, prefix=settings["PANEL_PREFIX"]))
    (nobody,) = free_ports(1)
    with serving(tmp_path, settings | {"PANEL_KAFKA": f"127.0.0.1:{nobody}"}) as served:
        assert served.says("messaging.broker.awaited")["reason"] == "KafkaConnectionError"
        assert served.ready()["broker"] is False
