"""The environment of each service process: all that it uses, and nothing else."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from deploy.local.downloads import ROOT
from deploy.local.secrets import Secrets
from shared.messaging.topics import principal
from shared.services import LINK_MAKER, LINK_PURPOSES
from shared.tokens import decode_master_keys, derive_keys, encode_keys, public_half

_SIGN_IN = "registration"

#: Addresses and places the launcher chooses by itself, whatever the shell says.
CHOSEN = ("PANEL_HOST", "PANEL_PORT", "PANEL_CLOCK_FILE", "PANEL_KEY_DIR", "PANEL_LMTP_HOST", "PANEL_LMTP_PORT")
#: Set by the launcher for each process, so never passed on from the shell.
_OURS = (
    "PANEL_DATABASE_URL", "PANEL_SERVICE_DATABASE_URL", "PANEL_KAFKA_USERNAME", "PANEL_KAFKA_PASSWORD",
    "PANEL_SMTP_URL", "PANEL_MASTER_KEYS", "PANEL_LINK_KEYS", "PANEL_COOKIE_KEY", "PANEL_STAFF_PUBLIC_KEY",
    "PANEL_STAFF_SIGNING_KEY",
    "PANEL_OIDC_ISSUER", "PANEL_OIDC_CLIENT_ID", "PANEL_OIDC_CLIENT_SECRET", "PANEL_STATE", "PANEL_PORT_BASE",
    "PANEL_IMAP_URL", *CHOSEN,
)  # fmt: skip


def secret_settings(service: str) -> tuple[str, ...]:
    """The secret settings of one service's own; its passwords at Postgres and Kafka come beside them."""
    own = {
        LINK_MAKER: ("PANEL_MASTER_KEYS", "PANEL_SMTP_URL"),
        _SIGN_IN: ("PANEL_LINK_KEYS", "PANEL_OIDC_CLIENT_SECRET", "PANEL_STAFF_SIGNING_KEY"),
    }
    names = own.get(service) or (("PANEL_LINK_KEYS",) if service in LINK_PURPOSES else ())
    return ("PANEL_COOKIE_KEY", "PANEL_STAFF_PUBLIC_KEY", *names)


@dataclass(frozen=True)
class Addresses:
    """Where the parts are, whether ours or somebody else's."""

    public_url: str
    kafka: str
    kafka_username: str
    """One principal for every service on a cluster of somebody else's; empty: each service has its own."""
    kafka_password: str
    kafka_own: bool
    smtp_url: str
    lmtp_port: int
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str
    static: Path
    clock: Path
    keys: Path
    """Folder of private keys that no database and no backup may hold."""
    authority: Path | None = None
    """The CA that every part's certificate is signed by, when the parts speak TLS."""


def plain_environment() -> dict[str, str]:
    """What every Python process of the stack gets: the shell's, without addresses and secrets."""
    passed = {name: value for name, value in os.environ.items() if name not in _OURS}
    return passed | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def service_environment(
    service: str, prefix: str, port: int, database_url: str, secrets: Secrets, addresses: Addresses
) -> dict[str, str]:
    """Environment of one service process."""
    values = {
        "PANEL_SERVICE_DATABASE_URL": database_url,
        "PANEL_PUBLIC_URL": addresses.public_url,
        "PANEL_PORT": str(port),
        "PANEL_HOST": "127.0.0.1",
        "PANEL_KAFKA": addresses.kafka,
        "PANEL_KAFKA_USERNAME": principal(prefix, service) if addresses.kafka_own else addresses.kafka_username,
        "PANEL_KAFKA_PASSWORD": secrets.kafka[service] if addresses.kafka_own else addresses.kafka_password,
        "PANEL_COOKIE_KEY": secrets.cookies[service],
        "PANEL_STAFF_PUBLIC_KEY": public_half(secrets.staff_cookie),
        "PANEL_STATIC_DIR": str(addresses.static),
    }
    if addresses.authority is not None:
        values |= {"PANEL_KAFKA_SECURITY": "SASL_SSL", "PANEL_KAFKA_MECHANISM": "SCRAM-SHA-512"}
        values |= {"PANEL_KAFKA_CA_FILE": str(addresses.authority)}
    if os.environ.get("PANEL_ENVIRONMENT") != "production":
        values["PANEL_CLOCK_FILE"] = str(addresses.clock)
    masters = json.dumps({"1": secrets.master})
    if service == LINK_MAKER:
        values |= {"PANEL_MASTER_KEYS": masters, "PANEL_SMTP_URL": addresses.smtp_url}
        values |= {"PANEL_LMTP_HOST": "127.0.0.1", "PANEL_LMTP_PORT": str(addresses.lmtp_port)}
        values |= {"PANEL_SMTP_CA_FILE": str(addresses.authority)} if addresses.authority else {}
        values |= {"PANEL_IMAP_URL": os.environ.get("PANEL_IMAP_URL", "")}
    else:
        keys = derive_keys(decode_master_keys(masters), LINK_PURPOSES.get(service, ()))
        values["PANEL_LINK_KEYS"] = encode_keys(keys)
    if service == "surveys":
        values["PANEL_KEY_DIR"] = str(addresses.keys)
    if service == _SIGN_IN:
        values |= {
            "PANEL_STAFF_SIGNING_KEY": secrets.staff_cookie,
            "PANEL_OIDC_ISSUER": addresses.oidc_issuer,
            "PANEL_OIDC_CLIENT_ID": addresses.oidc_client_id,
            "PANEL_OIDC_CLIENT_SECRET": addresses.oidc_client_secret,
        }
    return plain_environment() | values
