"""What somebody has answered rests sealed until the survey closes.

Where a row lies in its file, the write-ahead log and backups tell who gave which answer while a survey is open. So the
rows hold nothing readable: a copy of the database opens no answer without a key that is never in it. The key is derived
from that of the survey's links, which must be kept just as long: until the survey has closed.
"""

import json
import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.tokens import Links

_NONCE_BYTES = 12
#: Contents are filled up to whole multiples of so many bytes, or the length of an answer would name it afterwards.
_STEP = 1024


class Seal:
    """Seals content for one row; what is moved to another row does not open."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """``keys``: 32 bytes by key id; the first seals, every one opens."""
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}

    def close(self, row: UUID, content: Mapping[str, Any]) -> bytes:
        """The sealed content."""
        key_id, cipher = next(iter(self._ciphers.items()))
        plain = json.dumps(content).encode()
        plain += b" " * (-len(plain) % _STEP)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return key_id.encode() + b"." + nonce + cipher.encrypt(nonce, plain, row.bytes)

    def open(self, row: UUID, sealed: bytes) -> dict[str, Any]:
        """The content; raises KeyError without its key, InvalidTag for another row's or a changed one."""
        key_id, _, rest = sealed.partition(b".")
        cipher = self._ciphers[key_id.decode()]
        content: dict[str, Any] = json.loads(cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], row.bytes))
        return content


def seal_of(links: Links) -> Seal:
    """The seal of this installation's answers."""
    return Seal(links.keys_for("survey", "answers at rest"))
