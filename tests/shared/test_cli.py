"""Commands refuse what an operator must change, in one line that says what and where."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from shared.secret_objects import secret_objects
from shared.services import SERVICES

KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
DATABASE = {"PANEL_SERVICE_DATABASE_URL": "postgresql://x:y@127.0.0.1/z"}


def run(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """One run of a command with these settings and no others."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PANEL_")} | settings
    command = [sys.executable, "-m", "shared.cli", *arguments]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=60, cwd=Path(__file__).parents[2]
    )


@pytest.mark.parametrize(
    ("arguments", "settings", "told"),
    [
        (("migrate",), {}, "PANEL_DATABASE_URL"),
        (("migrate",), {"PANEL_DATABASE_URL": "postgresql://x:s3cret@127.0.0.1:1/z"}, "127.0.0.1:1"),
        (("topics",), {"PANEL_KAFKA": "127.0.0.1:1"}, "PANEL_KAFKA"),
        (("serve", "surveys"), {"PANEL_COOKIE_KEY": KEY}, "PANEL_SERVICE_DATABASE_URL"),
        (("serve", "surveys"), DATABASE | {"PANEL_COOKIE_KEY": "short"}, "PANEL_COOKIE_KEY"),
        (("serve", "surveys"), DATABASE | {"PANEL_COOKIE_KEY": KEY, "PANEL_LINK_KEYS": "s3cret"}, "PANEL_LINK_KEYS"),
        (
            ("serve", "notifications"),
            DATABASE | {"PANEL_COOKIE_KEY": KEY, "PANEL_MASTER_KEYS": "[1]"},
            "PANEL_MASTER_KEYS",
        ),
        (("serve", "surveys"), {"PANEL_KAFKA_CA_FILE": "/nowhere/ca.crt"}, "PANEL_KAFKA_CA_FILE: /nowhere/ca.crt"),
        (("serve", "surveys"), {"PANEL_KAFKA_SECURITY": "TLS"}, "PANEL_KAFKA_SECURITY"),
        (("serve", "surveys"), {"PANEL_TRUSTED_GATEWAYS": '["here"]'}, "PANEL_TRUSTED_GATEWAYS: here"),
        (("serve", "surveys"), {"PANEL_TRUSTED_GATEWAYS": "10.0.0.0/8"}, "PANEL_TRUSTED_GATEWAYS"),
        (("serve", "surveys"), {"PANEL_ENVIRONMENT": "production", "PANEL_CLOCK_FILE": "/x"}, "PANEL_CLOCK_FILE"),
        (
            ("serve", "meetings"),
            {"PANEL_MUNICIPALITY_NAME": "Oslo"},
            "PANEL_MUNICIPALITY_NAME has moved: write name into",
        ),
        (
            ("migrate",),
            {"PANEL_REGISTRATION_GOAL_SIZE": "9"},
            "_GOAL_SIZE has moved: write goal_size into profile.yaml",
        ),
        (("serve", "notifications"), {"PANEL_NOTIFICATIONS_BATCH": "x"}, "error: PANEL_NOTIFICATIONS_BATCH: "),
        (("serve", "registration"), {"PANEL_TRACES_URL": "here:4318"}, "error: PANEL_TRACES_URL: it must be http://"),
        (("serve", "nobody"), {}, "nobody is not one of"),
    ],
)
def test_a_wrong_setting_is_one_line_and_no_secret(
    arguments: tuple[str, ...], settings: dict[str, str], told: str
) -> None:
    result = run(*arguments, **settings)
    assert result.returncode != 0
    assert told in result.stderr
    assert "Traceback" not in result.stderr + result.stdout
    assert "s3cret" not in result.stderr + result.stdout
    if arguments != ("serve", "nobody"):
        assert result.stderr.startswith("error: ")
        assert len(result.stderr.strip().splitlines()) == 1


def _new_secrets() -> dict[str, dict[str, str]]:
    objects = yaml.safe_load_all(secret_objects("by", "smtp://mail", "told"))
    return {entry["metadata"]["name"]: entry["stringData"] for entry in objects}


def test_new_secrets_are_what_the_chart_looks_for() -> None:
    settings = {
        entry["metadata"]["name"]: entry["stringData"] for entry in yaml.safe_load_all(secret_objects("by", "s", "o"))
    }
    topology = yaml.safe_load(Path("deploy/chart/files/topology.yaml").read_text(encoding="utf-8"))
    for service in SERVICES:
        assert set(settings[f"by-{service}-keys"]) == set(topology["services"][service]["secrets"])
        assert settings[f"by-{service}-db"]["username"] == f"by_{service}"
    assert "by-owner-db" in settings
    again = {
        entry["metadata"]["name"]: entry["stringData"] for entry in yaml.safe_load_all(secret_objects("by", "s", "o"))
    }
    assert again["by-surveys-db"]["password"] != settings["by-surveys-db"]["password"]
