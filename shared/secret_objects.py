"""A new installation's secrets: as Kubernetes objects named as the chart looks for them, or as compose's .env."""

import base64
import json
import secrets

import yaml

from shared.services import LINK_PURPOSES, SERVICES
from shared.tokens import decode_master_keys, derive_keys, encode_keys, public_half


def secret_objects(prefix: str, smtp_url: str, oidc_client_secret: str) -> str:
    """YAML of a database password per role, and per service the keys that it needs and nothing else."""
    documents = [_database(prefix, "owner")]
    for service, keys in _new_keys(smtp_url, oidc_client_secret).items():
        documents += [_database(prefix, service), _secret(f"{prefix}-{service}-keys", "Opaque", keys)]
    return yaml.safe_dump_all(documents, sort_keys=False)


def compose_lines(prefix: str, smtp_url: str, oidc_client_secret: str) -> str:
    """The lines of ``.env`` beside compose.yaml: passwords and keys, and what else must be filled in."""
    values = {"PANEL_PREFIX": prefix, "PANEL_SMTP_URL": smtp_url, "PANEL_OIDC_CLIENT_SECRET": oidc_client_secret}
    values |= dict.fromkeys(("PANEL_DOMAIN", "PANEL_TLS", "PANEL_MAIL_FROM", "PANEL_OIDC_ISSUER"), "")
    values["PANEL_OIDC_CLIENT_ID"] = ""
    values |= {
        name: secrets.token_hex(24) for name in ("POSTGRES_PASSWORD", "KAFKA_PASSWORD", "OWNER_DATABASE_PASSWORD")
    }
    for service, keys in _new_keys(smtp_url, oidc_client_secret).items():
        own = service.upper()
        values |= {f"{own}_{what}_PASSWORD": secrets.token_hex(24) for what in ("DATABASE", "KAFKA")}
        # A secret of one service keeps its name; one that several services have gets the service's name in front.
        for setting, key in keys.items():
            name = setting.removeprefix("PANEL_")
            values.setdefault(f"{own}_{name}" if name in ("COOKIE_KEY", "LINK_KEYS") else name, key)
    for name in ("SMTP_URL", "OIDC_CLIENT_SECRET"):
        del values[name]
    # Single quotes: no character has a meaning of its own.
    return "".join(f"{name}='{value}'\n" for name, value in values.items())


def _new_keys(smtp_url: str, oidc_client_secret: str) -> dict[str, dict[str, str]]:
    """Secret settings by service."""
    master = json.dumps({"1": _key()})
    staff_signing = _key()
    by_service: dict[str, dict[str, str]] = {}
    for service in SERVICES:
        keys = {"PANEL_COOKIE_KEY": _key(), "PANEL_STAFF_PUBLIC_KEY": public_half(staff_signing)}
        if service == "notifications":
            keys |= {"PANEL_MASTER_KEYS": master, "PANEL_SMTP_URL": smtp_url}
        elif service in LINK_PURPOSES:
            keys["PANEL_LINK_KEYS"] = encode_keys(derive_keys(decode_master_keys(master), LINK_PURPOSES[service]))
        if service == "registration":
            keys |= {"PANEL_OIDC_CLIENT_SECRET": oidc_client_secret, "PANEL_STAFF_SIGNING_KEY": staff_signing}
        by_service[service] = keys
    return by_service


def _database(prefix: str, role: str) -> dict[str, object]:
    # Hexadecimal, so that it means the same in a URL.
    values = {"username": f"{prefix}_{role}", "password": secrets.token_hex(24)}
    return _secret(f"{prefix}-{role}-db", "kubernetes.io/basic-auth", values)


def _secret(name: str, kind: str, values: dict[str, str]) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": kind, "stringData": values}


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
