"""Passwords and keys of one local installation: made once, kept in the state folder for its owner only."""

import base64
import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.kafka import ADMIN
from deploy.local.process import write_for_owner
from shared.messaging.topics import principal, principals, read_topics


@dataclass(frozen=True)
class Secrets:
    """Everything that must stay the same over restarts and that nobody else may read."""

    postgres: str
    owner: str
    roles: dict[str, str]
    """Database password per service."""
    kafka: dict[str, str]
    """Kafka password per service, and the administrator's."""
    master: str
    """Base64 of the 32-byte master key of links."""
    staff_cookie: str
    """Base64 of the 32 bytes that registration signs staff sessions with."""
    cookies: dict[str, str]
    oidc_client: str

    def kafka_users(self, prefix: str) -> dict[str, str]:
        """Kafka password per user of the installation ``prefix``, the administrator's too."""
        return {name if name == ADMIN else principal(prefix, name): password for name, password in self.kafka.items()}


def read_secrets(state: Path) -> Secrets:
    """The installation's secrets, generated the first time."""
    file = state / "secrets.json"
    if not file.exists():
        state.mkdir(parents=True, exist_ok=True)
        write_for_owner(file, asdict(_generate()))
    try:
        return Secrets(**json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        # Never made anew: the data folders beside it know the old passwords, and mails hold links of the old key.
        raise StackError(f"{file} is damaged: restore it, or move the whole folder {state} away.") from error


def _generate() -> Secrets:
    services = principals(read_topics()[0])
    return Secrets(
        postgres=_password(),
        owner=_password(),
        roles={service: _password() for service in services},
        kafka={name: _password() for name in (ADMIN, *services)},
        master=_key(),
        staff_cookie=_key(),
        cookies={service: _key() for service in services},
        oidc_client=_password(),
    )


def _password() -> str:
    return secrets.token_hex(24)


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
