"""Links in mails and sealed cookies: nothing secret rests in a table, a topic or a backup.

A link token is id, generation, expiry and an HMAC-SHA256 over all of it and the purpose, cut to 128 bits. Keys are
derived per purpose (HKDF) from a master named by key id; notifications holds the master, a service its own purposes.
"""

import base64
import binascii
import hmac
import json
import math
import secrets
import struct
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from shared.refusal import Refusal
from shared.settings import Settings

_BODY = struct.Struct(">16sIQ")
_MAC_BYTES = 16
_KEY_BYTES = 32
_NONCE_BYTES = 12
_SIGNATURE_BYTES = 64

#: Characters of a token behind its key id.
_TOKEN_LENGTH = math.ceil((_BODY.size + _MAC_BYTES) * 8 / 6)

PurposeKeys = Mapping[str, Mapping[str, bytes]]


class BadLink(ValueError):
    """The token was not made by this installation, or is cut or changed."""


@dataclass(frozen=True)
class Link:
    """What a checked token opens."""

    id: UUID
    generation: int
    expires_at: datetime


class LinkExpired(ValueError):
    """The token was valid and its time is over; ``link`` is for those whose state decides, not the link's time."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.link = link


def derive_keys(masters: Mapping[str, bytes], purposes: Iterable[str]) -> dict[str, dict[str, bytes]]:
    """Key per purpose and key id, derived from each 32-byte master."""
    return {
        purpose: {key_id: _derive(master, f"link:{purpose}") for key_id, master in masters.items()}
        for purpose in purposes
    }


def _derive(master: bytes, info: str) -> bytes:
    return HKDF(hashes.SHA256(), _KEY_BYTES, salt=None, info=info.encode()).derive(master)


def encode_keys(keys: PurposeKeys) -> str:
    """The JSON of PANEL_LINK_KEYS."""
    return json.dumps({p: {k: base64.b64encode(key).decode() for k, key in by_id.items()} for p, by_id in keys.items()})


class Links:
    """Makes and checks link tokens of the purposes it has keys for. The first key id makes, every one checks."""

    def __init__(self, keys: PurposeKeys) -> None:
        self._keys = keys

    @classmethod
    def from_settings(cls, settings: Settings, purposes: Iterable[str]) -> "Links":
        """Keys from PANEL_MASTER_KEYS (all ``purposes``) or PANEL_LINK_KEYS (a service's own); Refusal for others."""
        name = "PANEL_MASTER_KEYS" if settings.master_keys.get_secret_value() else "PANEL_LINK_KEYS"
        try:
            if masters := settings.master_keys.get_secret_value():
                return cls(derive_keys(decode_master_keys(masters), purposes))
            keys = json.loads(settings.link_keys.get_secret_value() or "{}")
            return cls({p: {k: base64.b64decode(v) for k, v in by_id.items()} for p, by_id in keys.items()})
        except (ValueError, AttributeError, TypeError):
            # Without what was read: it may be a key.
            raise Refusal(f"{name} is not the JSON that `keys` or `secrets` prints.") from None

    def require(self, setting: str, purposes: Iterable[str]) -> None:
        """Refusal that names the ``setting`` which has no key of one of these purposes."""
        for purpose in purposes:
            if not self._keys.get(purpose):
                raise Refusal(f"{setting} is not set" if not self._keys else f"{setting} has no key of «{purpose}»")

    def make(self, purpose: str, id: UUID, generation: int, expires_at: datetime) -> str:
        """A URL-safe token; raises KeyError for a purpose without a key here."""
        key_id, key = next(iter(self._keys[purpose].items()))
        body = _BODY.pack(id.bytes, generation, int(expires_at.timestamp()))
        return f"{key_id}.{_b64(body + _mac(key, purpose, body))}"

    def check(self, purpose: str, token: str, now: datetime) -> Link:
        """The link behind a token; raises BadLink or LinkExpired.

        Mail programs take what stands behind a link into it: a full stop, a bracket, the ``_`` or ``*`` of a style.
        """
        key_id, _, encoded = token.partition(".")
        try:
            raw = _unb64(encoded[:_TOKEN_LENGTH])
            key = self._keys[purpose][key_id]
            body, mac = raw[: _BODY.size], raw[_BODY.size :]
            identifier, generation, expires = _BODY.unpack(body)
        except (KeyError, ValueError, struct.error) as error:
            raise BadLink from error
        if not hmac.compare_digest(mac, _mac(key, purpose, body)):
            raise BadLink
        link = Link(UUID(bytes=identifier), generation, datetime.fromtimestamp(expires, UTC))
        if now >= link.expires_at:
            raise LinkExpired(link)
        return link


def as_keys(name: str, value: SecretStr) -> list[bytes]:
    """The keys of a setting, 32 bytes each, the newest first; Refusal that names the setting, never with its value.

    While a key is exchanged the old one stands behind the new one, after a space.
    """
    texts = value.get_secret_value().split()
    if not texts:
        raise Refusal(f"{name} is not set")
    try:
        keys = [base64.b64decode(text, validate=True) for text in texts]
    except (binascii.Error, ValueError):
        keys = []
    if not keys or any(len(key) != _KEY_BYTES for key in keys):
        raise Refusal(f"{name} must be {_KEY_BYTES} bytes in base64.")
    return keys


def decode_master_keys(text: str) -> dict[str, bytes]:
    """Masters by key id from the JSON of PANEL_MASTER_KEYS."""
    return {key_id: base64.b64decode(value) for key_id, value in json.loads(text).items()}


def _mac(key: bytes, purpose: str, body: bytes) -> bytes:
    return hmac.digest(key, purpose.encode() + b"\x00" + body, "sha256")[:_MAC_BYTES]


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64url") from error


def public_half(private: str) -> str:
    """The public key (base64) of a private Ed25519 key, which is any 32 bytes in base64."""
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(private))
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def sign(private: str, content: Mapping[str, object], max_age: int) -> str:
    """Text that anybody can read and that only who has ``private`` can make; it holds for ``max_age`` seconds."""
    plain = json.dumps({"until": int(time.time()) + max_age, "content": content}).encode()
    signature = Ed25519PrivateKey.from_private_bytes(base64.b64decode(private)).sign(plain)
    return _b64(signature + plain)


def signed(public: str, text: str) -> dict[str, Any] | None:
    """The content of what the private half of a key in ``public`` has signed; None when forged, changed or over."""
    try:
        raw = _unb64(text)
        signature, body = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not any(_is_signed(key, signature, body) for key in public.split()):
            return None
        plain = json.loads(body)
    except ValueError:
        return None
    content: dict[str, Any] = plain["content"]
    return content if plain["until"] >= time.time() else None


def _is_signed(public: str, signature: bytes, body: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(public)).verify(signature, body)
    except InvalidSignature:
        return False
    return True


class Sealed:
    """Cookies only this service can read: ``__Host-<purpose>-<id>``, so two people on one tablet do not mix.

    Age is machine time: a cookie is a browser's state, not a deadline of the panel.
    """

    def __init__(self, *keys: bytes) -> None:
        """The first key seals, each opens."""
        self._ciphers = [AESGCM(key) for key in keys]

    def seal(self, name: str, content: Mapping[str, object], max_age: int) -> str:
        """Encrypted, authenticated text that ``unseal`` takes back for ``max_age`` seconds under the same name."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        plain = json.dumps({"until": int(time.time()) + max_age, "content": content}).encode()
        return _b64(nonce + self._ciphers[0].encrypt(nonce, plain, name.encode()))

    def unseal(self, name: str, text: str) -> dict[str, Any] | None:
        """The content, or None when forged, expired or sealed under another name."""
        try:
            raw = _unb64(text)
            texts = [clear for cipher in self._ciphers if (clear := _opened(cipher, raw, name)) is not None]
            plain = json.loads(texts[0]) if texts else None
        except ValueError:
            return None
        if plain is None or plain["until"] < time.time():
            return None
        content: dict[str, Any] = plain["content"]
        return content

    def set(
        self, response: Response, purpose: str, id: UUID | str, content: Mapping[str, object], max_age: int
    ) -> None:
        """Set the cookie for one purpose and id; ``max_age`` in seconds."""
        name = f"__Host-{purpose}-{id}"
        response.set_cookie(
            name, self.seal(name, content, max_age), max_age, path="/", secure=True, httponly=True, samesite="lax"
        )

    def get(self, request: Request, purpose: str, id: UUID | str) -> dict[str, Any] | None:
        """The cookie's content, or None."""
        name = f"__Host-{purpose}-{id}"
        text = request.cookies.get(name)
        return None if text is None else self.unseal(name, text)

    def clear(self, response: Response, purpose: str, id: UUID | str) -> None:
        """Remove the cookie."""
        response.delete_cookie(f"__Host-{purpose}-{id}", path="/", secure=True, httponly=True, samesite="lax")


def _opened(cipher: AESGCM, raw: bytes, name: str) -> bytes | None:
    try:
        return cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], name.encode())
    except InvalidTag:
        return None
