"""A mail as the standard library's parser sees it, bounded: what costs the parser far more than a line of text is what
no letter has much of, and whoever sends it hears that the mail cannot be read.
"""

from email import policy
from email.errors import MessageError
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from typing import Any

#: Parts of a mail, mails within it and blocks of a delivery report.
_MOST_PARTS = 1_000
_MOST_HEADERS = 20_000
#: The parser holds each line against the boundary of every part that is open.
_MOST_LINES_TIMES_BOUNDARIES = 4_000_000
#: Characters of a header that are looked at. What tells a part's kind is taken to pieces again and again.
_LONGEST_HEADER = 4_000
_LONGEST_OF_A_PART = 1_000
_LONGEST_HEAD = 100_000


class Unreadable(ValueError):
    """The mail cannot be read at all; its sender is told by the server that hands it over."""


class _Shortened(policy.Compat32):
    """Headers no longer than they are looked at."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[: _LONGEST_OF_A_PART if name.lower().startswith("content-") else _LONGEST_HEADER]


def parse(raw: bytes) -> "Message[str, str]":
    """The mail; raises Unreadable."""
    # The parser ends a line at CR, LF and CRLF.
    lines = raw.count(b"\n") + raw.count(b"\r") - raw.count(b"\r\n")
    if lines * (1 + raw.lower().count(b"multipart/")) > _MOST_LINES_TIMES_BOUNDARIES:
        raise Unreadable("lines")
    return _parsed(BytesParser, raw)


def parse_head(raw: bytes) -> "Message[str, str]":
    """The headers of the mail itself; raises Unreadable."""
    return _parsed(BytesHeaderParser, raw[:_LONGEST_HEAD])


def _parsed(parser: type[BytesParser], raw: bytes) -> "Message[str, str]":
    try:
        return parser(_counted(), policy=_Shortened()).parsebytes(raw)
    except (RecursionError, LookupError, TypeError, AttributeError, ValueError, MessageError) as error:
        # Whatever the standard library's parser trips over: the text may hold an address, so only its kind goes on.
        raise error if isinstance(error, Unreadable) else Unreadable(type(error).__name__) from None


def _counted() -> "type[Message[str, str]]":
    """The class of one mail's parts, which counts them and their headers."""
    parts = headers = 0

    class Part(Message):
        def __init__(self, *args: Any, **keywords: Any) -> None:
            nonlocal parts
            parts += 1
            if parts > _MOST_PARTS:
                raise Unreadable("parts")
            super().__init__(*args, **keywords)

        def set_raw(self, name: str, value: str) -> None:
            nonlocal headers
            headers += 1
            if headers > _MOST_HEADERS:
                raise Unreadable("headers")
            super().set_raw(name, value)

    return Part
