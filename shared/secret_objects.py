"""A new installation's secrets as Kubernetes objects, named as the chart looks for them."""

import base64
import json
import secrets
from typing import Any

import yaml

from shared.services import LINK_PURPOSES, SERVICES
from shared.tokens import decode_master_keys, derive_keys, encode_keys, public_half


def secret_objects(prefix: str, smtp_url: str, oidc_client_secret: str) -> str:
    """YAML of a database password per role, and per service the keys that it needs and nothing else."""
    master = json.dumps({"1": _key()})
    staff_signing = _key()
    documents = [_database(prefix, "owner")]
    for service in SERVICES:
        documents.append(_database(prefix, service))
        keys = {"PANEL_COOKIE_KEY": _key(), "PANEL_STAFF_PUBLIC_KEY": public_half(staff_signing)}
        if service == "notifications":
            keys |= {"PANEL_MASTER_KEYS": master, "PANEL_SMTP_URL": smtp_url}
        elif service in LINK_PURPOSES:
            keys["PANEL_LINK_KEYS"] = encode_keys(derive_keys(decode_master_keys(master), LINK_PURPOSES[service]))
        if service == "registration":
            keys |= {"PANEL_OIDC_CLIENT_SECRET": oidc_client_secret, "PANEL_STAFF_SIGNING_KEY": staff_signing}
        documents.append(_secret(f"{prefix}-{service}-keys", "Opaque", keys))
    return yaml.safe_dump_all(documents, sort_keys=False)


def _database(prefix: str, role: str) -> dict[str, Any]:
    # Hexadecimal, so that it means the same in a URL.
    values = {"username": f"{prefix}_{role}", "password": secrets.token_hex(24)}
    return _secret(f"{prefix}-{role}-db", "kubernetes.io/basic-auth", values)


def _secret(name: str, kind: str, values: dict[str, str]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": kind, "stringData": values}


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
