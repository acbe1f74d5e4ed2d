"""Answers rest sealed to a key pair of their survey, until it closes.

Where a row lies in its file, the write-ahead log and backups tell who gave which answer while a survey is open. So the
rows hold nothing readable: they are sealed to the survey's public half (HPKE, RFC 9180). The private half is a file in
a folder outside the database and its backups, and is destroyed after the release: a copy of the database made while the
survey was open then opens for nobody any more.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from shared.ids import random_id
from shared.settings import Settings

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
#: Contents are filled up to whole multiples of so many bytes, or the length of an answer would name it afterwards.
_STEP = 1024


class KeyLost(Exception):
    """The survey's private key is not in the key folder: its answers cannot be read, and no new ones are taken."""


class Seal:
    """Seals content for one row of one survey; what is moved to another row does not open."""

    def __init__(self, private: X25519PrivateKey) -> None:
        self._private = private
        self._public = private.public_key()

    def close(self, row: UUID, content: Mapping[str, object]) -> bytes:
        """The sealed content; needs the public half only."""
        plain = json.dumps(content).encode()
        plain += b" " * (-len(plain) % _STEP)
        return _SUITE.encrypt(plain, self._public, info=row.bytes)

    @property
    def public_key(self) -> bytes:
        """32 bytes, which the survey keeps: a key that is not its own is found out before anything is sealed to it."""
        return self._public.public_bytes_raw()

    def open(self, row: UUID, sealed: bytes) -> dict[str, Any]:
        """The content; raises InvalidTag for another row's, another survey's or a changed one."""
        content: dict[str, Any] = json.loads(_SUITE.decrypt(sealed, self._private, info=row.bytes))
        return content


class SurveyKeys:
    """The folder of private keys, one file per open survey; every replica sees the same folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self, survey_id: UUID) -> Seal:
        """The survey's seal, made now or by a try that did not come to its end."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self._file(survey_id)
        if not file.exists():
            # Linked into place whole: another replica finds all of it or nothing, and the first one wins.
            draft = self._folder / f".{survey_id}.{random_id()}"
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as out:
                out.write(X25519PrivateKey.generate().private_bytes_raw())
                out.flush()
                os.fsync(out.fileno())
            with suppress(FileExistsError):
                os.link(draft, file)
            draft.unlink()
            _sync(self._folder)
        return self.seal(survey_id)

    def seal(self, survey_id: UUID, public_key: bytes | None = None) -> Seal:
        """The survey's seal; raises KeyLost when the key is gone or not that of ``public_key``.

        Read anew each time, so that no process keeps a key that another has destroyed.
        """
        try:
            seal = Seal(X25519PrivateKey.from_private_bytes(self._file(survey_id).read_bytes()))
        except (FileNotFoundError, ValueError) as error:
            raise KeyLost(f"the key of survey {survey_id} is not in {self._folder}") from error
        if public_key not in (None, seal.public_key):
            raise KeyLost(f"the key of survey {survey_id} in {self._folder} is another one")
        return seal

    def destroy(self, survey_id: UUID) -> None:
        """Remove the private half for good, also where a process that was killed left it under its first name."""
        for draft in self._folder.glob(f".{survey_id}.*"):
            draft.unlink(missing_ok=True)
        self._file(survey_id).unlink(missing_ok=True)
        _sync(self._folder)

    def surveys(self) -> list[UUID]:
        """Surveys whose private half still exists, be it under its first name."""
        names = [file.name.lstrip(".") for file in self._folder.glob("*-*")] if self._folder.is_dir() else []
        return sorted({UUID(name.partition(".")[0]) for name in names})

    def _file(self, survey_id: UUID) -> Path:
        return self._folder / str(survey_id)


def keys_of(settings: Settings) -> SurveyKeys:
    """The keys of this installation's open surveys."""
    return SurveyKeys(settings.key_dir)


def _sync(folder: Path) -> None:
    """A new or removed file is certain only once its folder has been written."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
