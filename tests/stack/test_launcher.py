"""What the launcher says when it cannot go on, and what it does when a part dies."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from pydantic import ValidationError

from deploy.local import downloads
from deploy.local.browser import chromium
from deploy.local.errors import StackError
from deploy.local.main import only_one
from deploy.local.postgres import require_disk
from deploy.local.process import Process, require_free, wait_until
from deploy.local.secrets import read_secrets
from deploy.local.stack import Stack
from deploy.local.supervisor import Supervisor
from shared.messaging.provision import admin_client, provision
from shared.refusal import Refusal
from shared.roles import create_service_roles
from shared.settings import Settings


def test_a_taken_port_is_named_with_the_way_out() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(StackError, match=rf"Port {port} \(gateway\) is taken.*PANEL_PORT_BASE"):
            require_free({"gateway": port})


def test_too_little_disk_is_said_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"MB are free.*PANEL_STATE"):
        require_disk(tmp_path, megabytes=10**12)


def test_a_second_launcher_on_the_same_state_is_refused(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(StackError, match="already runs"), only_one(tmp_path):
        pass


def test_a_state_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match="PANEL_STATE"), only_one(tmp_path / "file"):
        pass


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PANEL_PORT_BASE", "abc"),
        ("PANEL_PORT_BASE", "65530"),
        ("PANEL_PREFIX", "Not a prefix"),
        ("PANEL_ZONE_NAME", "Oslo"),
        ("PANEL_SMTP_URL", "mail.example.org:25"),
        ("PANEL_RATE_LIMITS", "60 per minute"),
    ],
)
def test_a_wrong_setting_is_named_before_anything_starts(
    name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(StackError, match=f"^{name}[^\n]*$"):
        Stack(tmp_path, print)


def test_what_a_setting_holds_is_never_in_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANEL_ENVIRONMENT", "production")
    monkeypatch.setenv("PANEL_CLOCK_FILE", "/clock")
    monkeypatch.setenv("PANEL_COOKIE_KEY", "hemmelig")
    with pytest.raises(ValidationError, match="refused in production") as refusal:
        Settings()
    assert "input_value" not in str(refusal.value)


def test_a_playwright_that_cannot_start_is_said_with_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", "/bin/false")
    with pytest.raises(StackError, match=r"^Playwright does not start .*libatomic1"):
        chromium()


def test_damaged_secrets_are_said_and_never_made_anew(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(StackError, match=r"secrets\.json is damaged"):
        read_secrets(tmp_path)
    assert (tmp_path / "secrets.json").read_text() == "{"


@pytest.mark.parametrize("wrong", ["folder", "port"])
def test_the_command_ends_with_one_line_and_exit_code_one(wrong: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        environment = {"PANEL_STATE": str(tmp_path / "file")}
        if wrong == "port":
            environment = {"PANEL_STATE": str(tmp_path / "state"), "PANEL_PORT_BASE": str(listener.getsockname()[1])}
        result = launch(environment)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1


def launch(settings: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "deploy.local.main"],
        env={**os.environ, **settings},
        cwd=downloads.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_jar_that_is_not_on_the_list_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANEL_CACHE", str(tmp_path))
    folder = tmp_path / f"kafka-{downloads.KAFKA_VERSION}"
    folder.mkdir()
    for name in downloads.listed_jars():
        (folder / name).write_bytes(b"something else")
    with pytest.raises(StackError, match=r"jars\.sha256"):
        downloads.kafka_jars()


def test_a_given_kafka_that_is_away_is_named() -> None:
    with pytest.raises(Refusal, match="PANEL_KAFKA"):
        provision(admin_client("127.0.0.1:1", "", ""), "panel", acls=False)


@pytest.mark.parametrize("away", ["postgresql://x:y@127.0.0.1:1/z", "somewhere", "postgresql://x:y@127.0.0.1:p/z"])
def test_a_given_postgres_that_is_away_is_named(away: str) -> None:
    with pytest.raises(Refusal, match="PANEL_DATABASE_URL"):
        asyncio.run(create_service_roles(away, away, "panel", {"surveys": "00"}))


def test_secrets_are_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    first = read_secrets(tmp_path)
    assert read_secrets(tmp_path) == first
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert len({first.postgres, first.owner, *first.roles.values(), *first.kafka.values()}) == 13


def test_a_part_that_ends_at_once_is_said_with_its_last_words(tmp_path: Path) -> None:
    process = Process("part", [sys.executable, "-c", "print('no room'); raise SystemExit(3)"], tmp_path / "log")
    process.spawn()
    with pytest.raises(StackError, match="part ended at once: no room"):
        wait_until(lambda: False, [process], "part", 30)


def test_a_killed_part_is_started_again_and_said_so(tmp_path: Path) -> None:
    lines: list[str] = []
    supervisor = Supervisor(tmp_path / "status.json", lines.append)
    process = Process("part", [sys.executable, "-c", "import signal; signal.pause()"], tmp_path / "log")
    supervisor.start(process, url="http://127.0.0.1:1")
    first = process.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    try:
        supervisor.watch(lambda: len(lines) >= 2)
        supervisor.write_status()
        part = json.loads((tmp_path / "status.json").read_text())["parts"]["part"]
        assert part["restarts"] == 1
        assert part["pid"] == process.pid != first
        assert part["url"] == "http://127.0.0.1:1"
        assert "part died (signal 9)" in lines[0]
        assert "runs again" in lines[1]
    finally:
        supervisor.stop()
    assert process.pid is None
    assert not (tmp_path / "status.json").exists()


#: Wants the processor all the time and gets next to nothing, because its child has all there is.
_STARVED = """
import os
me = os.getpid()
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
if os.fork() == 0:
    while os.getppid() == me: pass
    os._exit(0)
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
while True: pass
"""


def told_to_wait(capsys: pytest.CaptureFixture[str]) -> Callable[[], bool]:
    """Whether it has been said that the part is still starting."""
    lines: list[str] = []

    def told() -> bool:
        lines.append(capsys.readouterr().out)
        return "part: still starting" in "".join(lines)

    return told


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="Linux tells how long a process stood in line")
def test_a_part_that_the_machine_starves_is_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    process = Process("part", [sys.executable, "-c", _STARVED], tmp_path / "log")
    try:
        process.spawn()
        wait_until(told_to_wait(capsys), [process], "part", 5)
        times = psutil.Process(process.pid).cpu_times()
        assert times.user + times.system < 5 * 0.03
    finally:
        process.stop()


def test_a_part_at_work_is_waited_for_and_one_that_does_nothing_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    busy = Process("busy", [sys.executable, "-c", "while True: pass"], tmp_path / "busy.log")
    idle = Process("idle", [sys.executable, "-c", "import signal; signal.pause()"], tmp_path / "idle.log")
    try:
        busy.spawn()
        wait_until(told_to_wait(capsys), [busy], "part", 1)
        idle.spawn()
        with pytest.raises(StackError, match="part was not ready within 4 s"):
            wait_until(lambda: False, [idle], "part", 4)
    finally:
        busy.stop()
        idle.stop()
