"""No log holds what a failing statement was about, wherever it fails."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from tests.backends import administer
from tests.shared.leaking import ADDRESS


def test_no_log_quotes_the_row_that_a_page_a_job_a_handler_or_a_lost_task_failed_on(
    database_url: str, tmp_path: Path
) -> None:
    asyncio.run(administer(database_url, "create table example.person (email text primary key)"))
    try:
        asyncio.run(administer(database_url, f"insert into example.person values ('{ADDRESS}')"))
        result = subprocess.run(
            [sys.executable, "-m", "tests.shared.leaking", database_url, str(tmp_path / "clock")],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        asyncio.run(administer(database_url, "drop table example.person"))
    output = result.stdout + result.stderr
    assert "hemmelig" not in output
    assert "DETAIL" not in output
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert "Traceback" not in output
    events = {line["event"] for line in lines if "23505" in str(line.get("failure"))}
    assert {
        "Exception in ASGI application",
        "service.job.failed",
        "messaging.event.buried",
        "Task exception was never retrieved",
        "service.process.failed",
    } <= events
    assert any("person_pkey" in str(line) and "leaking.py" in str(line) for line in lines)
