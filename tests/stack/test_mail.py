"""The mail catcher: what SMTP took is on the page, in the list, and still there after a crash."""

import json
import smtplib
import sys
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from deploy.local.downloads import ROOT
from deploy.local.environment import plain_environment
from deploy.local.mail import Catcher
from deploy.local.process import Process, free_ports, listens, wait_until
from tests.stack.test_gateway import fetch


class RunningCatcher:
    """A catcher's process."""

    def __init__(self, folder: Path) -> None:
        self.smtp, self.http = free_ports(2)
        self.log = folder / "mails.jsonl"
        arguments = ["--smtp", str(self.smtp), "--http", str(self.http), "--log", str(self.log)]
        command = [sys.executable, "-m", "deploy.local.mail", *arguments]
        self.process = Process("mail", command, folder / "log", plain_environment(), folder=ROOT)
        self.process.spawn()
        wait_until(lambda: listens(self.http), [self.process], "mail catcher", 30)

    def mails(self, query: str = "") -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/api/mails{query}", timeout=5) as response:
            answer: list[dict[str, Any]] = json.load(response)
            return answer


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[RunningCatcher]:
    running = RunningCatcher(tmp_path)
    yield running
    running.process.stop()


def send(port: int, to: str, subject: str) -> None:
    message = EmailMessage()
    message["From"] = "panel@example.org"
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = "<one@example.org>"
    message["List-Unsubscribe"] = "<https://example.org/u>"
    message.set_content("Hei Åse\nhttps://example.org/join/confirm/x\n")
    message.add_alternative("<p>Hei <b>Åse</b></p><script>alert(1)</script>", subtype="html")
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(message)


def test_a_mail_is_listed_with_its_parts_and_found_by_recipient(catcher: RunningCatcher) -> None:
    send(catcher.smtp, "ase@example.net", "Bekreft på ny")
    send(catcher.smtp, "bo@example.net", "En annen")
    (mail,) = catcher.mails("?to=ASE@example.net")
    assert mail["subject"] == "Bekreft på ny"
    assert mail["to"] == ["ase@example.net"]
    assert "https://example.org/join/confirm/x" in mail["text"]
    assert "<b>Åse</b>" in mail["html"]
    assert mail["headers"]["List-Unsubscribe"] == ["<https://example.org/u>"]
    assert mail["message_id"] == "<one@example.org>"
    assert [m["id"] for m in catcher.mails("?after=1")] == [2]


def test_the_page_shows_mails_and_never_runs_what_they_hold(catcher: RunningCatcher) -> None:
    send(catcher.smtp, "ase@example.net", "<script>alert(2)</script>")
    page = fetch(f"http://127.0.0.1:{catcher.http}/")
    assert "ase@example.net" in page
    assert "<script>" not in page
    with urllib.request.urlopen(f"http://127.0.0.1:{catcher.http}/mails/1/html", timeout=5) as response:
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_an_accepted_mail_survives_a_kill_and_a_cut_line_does_not_matter(tmp_path: Path) -> None:
    running = RunningCatcher(tmp_path)
    send(running.smtp, "ase@example.net", "Først")
    assert running.process.pid is not None
    running.process.kill()
    with running.log.open("ab") as log:
        log.write(b'{"id": 2, "half')
    assert [mail["subject"] for mail in Catcher(running.log).mails] == ["Først"]
