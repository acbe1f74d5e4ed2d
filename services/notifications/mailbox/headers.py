"""The header lines of a mail that came in, decoded; odd ones are read as well as they can be."""

import codecs
import re
from contextlib import suppress
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses

from shared.addresses import BadAddress, normal_form

#: Characters of a header that are looked at: decoding costs more than its length.
_LONGEST = 4_000
_ADDRESS = re.compile(r"[^@\s<>\"(),:;\\]{1,64}@[^@\s<>\"(),:;\\]{1,255}")
#: Charsets that old programs name whatever they send; what is UTF-8 is never anything else by chance.
_WESTERN = ("ascii", "iso8859-1", "cp1252")
#: Codecs of Python's that are no charset of mail, and of which some take minutes for a letter made to.
_NO_CHARSETS = ("punycode", "idna", "unicode_escape", "raw_unicode_escape")


def headers_of(mail: "Message[str, str]") -> dict[str, str]:
    """Lower-case name -> decoded value of the first header of that name, on one line."""
    headers: dict[str, str] = {}
    for name, value in mail.raw_items():
        headers.setdefault(name.lower(), " ".join(_decoded(str(value)[:_LONGEST]).split()))
    return headers


def _decoded(value: str) -> str:
    """Encoded words and bare 8-bit bytes (which the parser keeps as surrogates) as text."""
    plain = as_text(value.encode("ascii", "surrogateescape") if _has_surrogates(value) else value.encode(), None)
    try:
        parts = decode_header(plain)
    except (ValueError, LookupError, MessageError):
        return plain
    return "".join(part if isinstance(part, str) else as_text(part, charset) for part, charset in parts)


def _has_surrogates(value: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in value)


def as_text(content: bytes, charset: str | None) -> str:
    """Bytes as text: the charset they name, else UTF-8, else what old Western programs send."""
    named = _codec(charset)
    western = named is None or named in _WESTERN
    for name in ("utf-8",) if western else (named, "utf-8"):
        try:
            return content.decode(name or "utf-8")
        except (LookupError, ValueError):
            continue
    return content.decode("cp1252", "replace")


def _codec(charset: str | None) -> str | None:
    """Python's name of a charset; None for none that is one."""
    try:
        name = codecs.lookup(charset or "").name
    except (LookupError, ValueError):
        return None
    return None if name in _NO_CHARSETS else name


def name_of_sender(headers: dict[str, str]) -> str:
    """What the sender is called."""
    return getaddresses([headers.get("from", "")])[0][0].strip()


def addresses_in(value: str) -> list[str]:
    """The usable addresses of a header."""
    return [address for _, address in getaddresses([value]) if _ADDRESS.fullmatch(address)]


def sender_of(headers: dict[str, str], envelope_sender: str) -> str:
    """The first of Reply-To, From and the envelope that mail can be sent to; empty when there is none."""
    for value in (headers.get("reply-to", ""), headers.get("from", ""), envelope_sender):
        for address in addresses_in(value):
            with suppress(BadAddress):
                return normal_form(address)
    return ""
