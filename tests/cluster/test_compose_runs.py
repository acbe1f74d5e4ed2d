"""compose.yaml under a real engine: started, signed up at through its gateway, upgraded, and nothing lost.

The engine here runs no health checks by itself (it wants systemd for that), so the parts are started in the order that
``depends_on`` names, each once its own health check, run by hand, says yes.
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import httpx
import pytest
import yaml

from deploy.local.downloads import ROOT, cache_folder
from deploy.local.process import free_ports, listens, wait_until
from shared.secret_objects import compose_lines
from shared.services import SERVICES
from shared.trial import try_sign_up
from tests.cluster.standins.make import STANDINS
from tests.cluster.test_image import IMAGE, engine
from tests.cluster.test_image import pytestmark as needs_image

COMPOSE = cache_folder() / "compose" / "bin" / "podman-compose"
PROJECT = "paneltest"
pytestmark = [needs_image, pytest.mark.skipif(not COMPOSE.exists(), reason="no podman-compose: `make cluster-test`")]

#: A relay that writes what it is given into its log.
_RELAY = {
    "services": {
        "relay": {
            "image": IMAGE,
            "entrypoint": ["python", "-m", "aiosmtpd"],
            "command": ["-n", "-l", "0.0.0.0:1025", "-c", "aiosmtpd.handlers.Debugging", "stdout"],
            "networks": ["inside"],
        }
    }
}


class Pilot:
    """One installation in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        shutil.copytree(ROOT / "deploy" / "compose", folder, dirs_exist_ok=True)
        shutil.copytree(ROOT / "shared" / "profile" / "shipped" / "baerum", folder / "profile")
        (folder / "certificates").mkdir()
        self.http, self.https = free_ports(2)
        self.values = dict(
            re.findall(r"^(\w+)='(.*)'$", compose_lines(PROJECT, "smtp://relay:1025", "s"), re.MULTILINE)
        )
        self.values |= {"PANEL_DOMAIN": "localhost", "PANEL_TLS": "internal", "PANEL_MAIL_FROM": "panel@example.org"}
        self.values |= {"PANEL_OIDC_ISSUER": "https://login.example.org", "PANEL_OIDC_CLIENT_ID": "panel"}
        self.values |= {"PANEL_HTTP": f"127.0.0.1:{self.http}", "PANEL_HTTPS": f"127.0.0.1:{self.https}"}
        self.values |= {name: os.environ.get(name) or image for name, image in STANDINS.items()}
        self.values["PANEL_IMAGE"] = IMAGE
        (folder / "relay.yaml").write_text(yaml.safe_dump(_RELAY), encoding="utf-8")
        # Folders above may be closed to others; in a container this user is one of them.
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)

    def compose(self, *arguments: str) -> str:
        """One run of the tool; AssertionError with its last words when it fails."""
        lines = "".join(f"{name}='{value}'\n" for name, value in self.values.items())
        (self._folder / ".env").write_text(lines, encoding="utf-8")
        command = [str(COMPOSE), "-f", "compose.yaml", "-f", "relay.yaml", *arguments]
        result = subprocess.run(
            command, cwd=self._folder, env=_surroundings(), capture_output=True, text=True, check=False, timeout=900
        )
        assert result.returncode == 0, f"{arguments}: {result.stdout[-1500:]}{result.stderr[-1500:]}"
        return result.stdout

    def backup(self, file: Path) -> None:
        """As the guide has it."""
        with file.open("wb") as out:
            self._pipe("pg_dump", "-Fc", PROJECT, stdout=out)

    def restore(self, file: Path) -> None:
        """As the guide has it, down to the last step, which is ``start``."""
        self.compose("down")
        assert engine("volume", "rm", f"{PROJECT}_database", f"{PROJECT}_events").returncode == 0
        self._up("postgres")
        self._healthy("postgres")
        self.compose("run", "--rm", "--no-deps", "-T", "roles")
        with file.open("rb") as dump:
            self._pipe("pg_restore", "--exit-on-error", "-d", PROJECT, stdin=dump)

    def _pipe(self, *command: str, stdin: IO[bytes] | None = None, stdout: IO[bytes] | None = None) -> None:
        result = subprocess.run(
            [str(COMPOSE), "exec", "-T", "postgres", *command],
            cwd=self._folder, env=_surroundings(), stdin=stdin, stdout=stdout, stderr=subprocess.PIPE,
            check=False, timeout=300,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr.decode()[-1500:]

    def start(self) -> None:
        """Everything, in the order of ``depends_on``."""
        self._up("postgres", "kafka", "relay")
        self._healthy("postgres", "kafka")
        for job in ("roles", "migrate", "topics"):
            self.compose("run", "--rm", "--no-deps", "-T", job)
        self._up(*SERVICES)
        self._healthy(*SERVICES)
        self._up("gateway")
        wait_until(lambda: listens(self.https), [], "The gateway", 60)

    def _up(self, *parts: str) -> None:
        self.compose("up", "--detach", "--no-deps", *parts)

    def _healthy(self, *parts: str) -> None:
        deadline = time.monotonic() + 900
        for part in parts:
            name = f"{PROJECT}_{part}_1"
            while engine("healthcheck", "run", name).returncode != 0:
                state = engine("inspect", "--format", "{{.State.Status}} {{.RestartCount}}", name).stdout
                assert time.monotonic() < deadline, f"{part}: {state}{self.log(part)[-2000:]}"
                time.sleep(0.5)

    def log(self, part: str) -> str:
        """What a part has written."""
        result = engine("logs", f"{PROJECT}_{part}_1")
        return result.stdout + result.stderr

    def rows(self, statement: str) -> str:
        """What the database answers its administrator."""
        result = engine("exec", f"{PROJECT}_postgres_1", "psql", "-d", PROJECT, "-Atc", statement)
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()


def _surroundings() -> dict[str, str]:
    """Without this run's settings, which would win over those in ``.env``."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PANEL_")}


@pytest.fixture(scope="module")
def pilot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pilot]:
    running = Pilot(tmp_path_factory.mktemp("pilot"))
    try:
        running.start()
        yield running
    finally:
        running.compose("down", "--volumes")


def _trust(pilot: Pilot, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Believe the gateway's own authority."""
    authority = "/data/caddy/pki/authorities/local/root.crt"
    copied = engine("cp", f"{PROJECT}_gateway_1:{authority}", str(folder / "root.crt"))
    assert copied.returncode == 0, copied.stderr
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "root.crt"))


def test_a_sign_up_through_the_gateway_becomes_a_mail(
    pilot: Pilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _trust(pilot, tmp_path, monkeypatch)
    panel = f"https://localhost:{pilot.https}"
    steps = try_sign_up(panel, "https://localhost", "prove@example.org", "1337")
    assert steps[-1] == "/join: signed up, a mail is on its way"
    assert httpx.get(f"{panel}/-/metrics").status_code == 404
    # Pages and files answer for the address that residents see.
    with httpx.Client(base_url=panel, headers={"Host": "localhost"}) as client:
        styles = re.findall(r'href="(/static/[^"]+\.css)"', client.get("/").text)
        assert styles
        assert [client.get(style).status_code for style in styles] == [200] * len(styles)
    _until(lambda: "To: prove@example.org" in pilot.log("relay"), pilot, "notifications")
    link = re.search(r"https://localhost/\S+", pilot.log("relay").replace("=\n", ""))
    assert link is not None
    # In the clear one is only sent on.
    onward = httpx.get(f"http://localhost:{pilot.http}/", headers={"Host": "localhost"})
    assert (onward.status_code, onward.headers["location"]) == (308, "https://localhost/")


def _until(ready: Callable[[], bool], pilot: Pilot, part: str) -> None:
    deadline = time.monotonic() + 300
    while not ready():
        assert time.monotonic() < deadline, pilot.log(part)[-2000:]
        time.sleep(0.3)


def test_nothing_of_ours_may_write_or_is_root(pilot: Pilot) -> None:
    for service in SERVICES:
        look = "import os; print(os.getuid(), os.access('/srv/panel', os.W_OK), os.access('/opt/panel', os.W_OK))"
        result = engine("exec", f"{PROJECT}_{service}_1", "python", "-c", look)
        assert result.stdout.split() == ["10001", "False", "False"], result.stderr
    written_file = engine("exec", f"{PROJECT}_surveys_1", "python", "-c", "open('/var/lib/panel/keys/x', 'w').close()")
    assert written_file.returncode == 0, written_file.stderr


def test_an_upgrade_keeps_what_there_was(pilot: Pilot) -> None:
    before = pilot.rows("select count(*) from registration.sign_up")
    assert before == "1"
    newer = f"{IMAGE.rpartition(':')[0]}:upgrade"
    assert engine("tag", IMAGE, newer).returncode == 0
    pilot.values["PANEL_IMAGE"] = newer
    try:
        pilot.start()
        images = {engine("inspect", "--format", "{{.ImageName}}", f"{PROJECT}_{s}_1").stdout.strip() for s in SERVICES}
        assert images == {newer}
        assert pilot.rows("select count(*) from registration.sign_up") == before
    finally:
        pilot.values["PANEL_IMAGE"] = IMAGE
        engine("rmi", newer)


def test_a_stop_loses_nothing(pilot: Pilot) -> None:
    pilot.compose("down")
    pilot.start()
    assert pilot.rows("select count(*) from registration.sign_up") == "1"


def test_a_restore_knows_what_there_was_at_the_backup_and_sends_nothing(
    pilot: Pilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pilot.backup(tmp_path / "panel.dump")
    pilot.rows("delete from registration.sign_up")
    pilot.values["PANEL_NOTIFICATIONS_PAUSED"] = "true"
    try:
        pilot.restore(tmp_path / "panel.dump")
        pilot.start()
    finally:
        del pilot.values["PANEL_NOTIFICATIONS_PAUSED"]
    assert pilot.rows("select count(*) from registration.sign_up") == "1"
    assert pilot.rows("select paused from notifications.sending") == "t"
    # People join again, and Kafka, which was empty, takes their mails on.
    _trust(pilot, tmp_path, monkeypatch)
    try_sign_up(f"https://localhost:{pilot.https}", "https://localhost", "etter@example.org", "1337")
    _until(lambda: pilot.rows("select count(*) from notifications.message") == "2", pilot, "notifications")
