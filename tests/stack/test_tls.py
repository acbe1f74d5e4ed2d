"""The local stack as a cluster runs it: TLS to Postgres, Kafka and the mail server, SCRAM, a CA of one's own."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from confluent_kafka import KafkaException

from deploy.local.certificates import make_certificates
from deploy.local.downloads import ROOT
from deploy.local.process import free_base
from shared.messaging.provision import admin_client
from shared.services import SERVICES
from shared.trial import try_services, try_sign_up
from tests.journeys.conftest import wait


@pytest.fixture(scope="module")
def status(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the launcher tells of a running stack."""
    state = tmp_path_factory.mktemp("stack")
    state.chmod(0o755)
    environment = {**os.environ, "PANEL_STATE": str(state), "PANEL_PORT_BASE": str(free_base())}
    launcher = subprocess.Popen(
        [sys.executable, "-m", "deploy.local.main"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**environment, "PANEL_LOCAL_TLS": "1", "PANEL_PREFIX": "baerum-test"},
    )
    assert launcher.stdout is not None
    output = ""
    while "  logs " not in output:
        line = launcher.stdout.readline()
        assert line, output
        output += line
    yield json.loads((state / "status.json").read_text(encoding="utf-8"))
    launcher.send_signal(signal.SIGTERM)
    launcher.stdout.read()
    launcher.wait()


def test_a_sign_up_becomes_a_mail(status: dict[str, Any]) -> None:
    """The way goes through every part: page, Postgres, relay, Kafka, inbox, Postgres, mail server."""
    services = [status["parts"][service]["url"] for service in SERVICES]
    assert len(try_services(services)) == len(SERVICES)
    assert "/join: signed up, a mail is on its way" in try_sign_up(
        status["public_url"], status["public_url"], "prove@example.org", "1337"
    )
    wait(lambda: httpx.get(f"{status['mail_url']}/api/mails", params={"to": "prove@example.org"}).json())


def test_the_database_answers_nobody_in_the_clear_or_under_another_authority(
    status: dict[str, Any], tmp_path: Path
) -> None:
    async def roles(url: str) -> set[str]:
        connection = await asyncpg.connect(url, timeout=10)
        try:
            return {row[0] for row in await connection.fetch("select distinct usename from pg_stat_activity")}
        finally:
            await connection.close()

    url = status["database_url"]
    assert {f"baerum-test_{service}" for service in SERVICES} <= asyncio.run(roles(url))
    strange = str(make_certificates(tmp_path).authority)
    for address in (
        url.partition("?")[0] + "?sslmode=disable",
        url.partition("?")[0] + f"?sslmode=verify-full&sslrootcert={strange}",
        # The certificate names 127.0.0.1 and localhost.
        url.replace("@127.0.0.1", "@127.0.0.2"),
    ):
        with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
            asyncio.run(roles(address))


def test_the_broker_answers_nobody_in_the_clear_or_under_another_authority(
    status: dict[str, Any], tmp_path: Path
) -> None:
    address, name, password = status["kafka"], status["kafka_username"], status["kafka_password"]
    ours = str(make_certificates(Path(status["state"]) / "tls").authority)
    strange = str(make_certificates(tmp_path).authority)
    scram = "SCRAM-SHA-512"
    topics = admin_client(address, name, password, mechanism=scram, ca_file=ours).list_topics(timeout=10).topics
    assert "baerum-test.registration" in topics
    for client in (
        admin_client(address, name, password),
        admin_client(address, name, password, mechanism=scram, ca_file=strange),
        admin_client(address, name, "wrong", mechanism=scram, ca_file=ours),
    ):
        with pytest.raises(KafkaException):
            client.list_topics(timeout=3)
