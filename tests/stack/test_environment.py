"""Each process is told what it needs, and nothing that it has no use for."""

from pathlib import Path

import pytest

from deploy.local.downloads import ROOT
from deploy.local.environment import CHOSEN, Addresses, service_environment
from deploy.local.secrets import read_secrets

#: What only one service may know or open.
OWN = {
    "PANEL_MASTER_KEYS": "notifications",
    "PANEL_SMTP_URL": "notifications",
    "PANEL_LMTP_PORT": "notifications",
    "PANEL_IMAP_URL": "notifications",
    "PANEL_KEY_DIR": "surveys",
    "PANEL_OIDC_CLIENT_SECRET": "registration",
}


@pytest.mark.parametrize("service", ["registration", "surveys", "notifications", "meetings", "results"])
def test_what_one_service_needs_no_other_is_told(service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OWN:
        monkeypatch.setenv(name, "from the shell")
    addresses = Addresses(
        public_url="http://127.0.0.1:8080",
        kafka="127.0.0.1:9092",
        kafka_username="",
        kafka_password="",
        kafka_own=True,
        smtp_url="smtp://127.0.0.1:1025",
        lmtp_port=8087,
        oidc_issuer="http://127.0.0.1:8083",
        oidc_client_id="panel",
        oidc_client_secret="secret",
        static=tmp_path,
        clock=tmp_path / "clock",
        keys=tmp_path / "keys",
    )
    settings = service_environment(service, "panel", 8091, "postgresql://x", read_secrets(tmp_path), addresses)
    assert {name for name in OWN if name in settings} == {name for name, owner in OWN.items() if owner == service}
    if service == "notifications":
        assert settings["PANEL_LMTP_PORT"] == "8087"


def test_no_setting_is_offered_that_the_launcher_does_not_take() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8").split("| setting |")[1].split("\n\n")[0]
    assert [name for name in CHOSEN if f"`{name}`" in table] == []
