"""The W3C trace context of the work in hand, so that an event carries its page's trace through the outbox.

It is there with traces switched off too: log lines name it. ``shared.telemetry`` makes spans of it where
PANEL_TRACES_URL is set. A span holds ids and patterns, never a path, an address, a text, or whose event it is.
"""

import secrets
from contextlib import AbstractContextManager
from contextvars import ContextVar, Token
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)

Kind = Literal["server", "producer", "consumer", "client"]
Fact = str | int | UUID


class Span(Protocol):
    """What is known of a piece of work while it goes on."""

    def tell(self, name: str = "", /, *, failed: bool = False, **facts: Fact) -> None:
        """Name it, say that it failed, add facts."""


class Spans(Protocol):
    """Makes spans; ``parent`` None begins a trace."""

    def begin(self, parent: str | None, name: str, kind: Kind, facts: dict[str, Fact]) -> AbstractContextManager[Span]:
        """A span of the block, whose context is the work in hand meanwhile."""

    def add(self, parent: str, name: str, kind: Kind, began: datetime, facts: dict[str, Fact]) -> None:
        """A span that ends now."""


_spans: Spans | None = None


def record_with(spans: Spans | None) -> None:
    """Make spans from now on, or no more."""
    global _spans
    _spans = spans


def beginning(name: str, kind: Kind) -> AbstractContextManager[Span]:
    """A trace of its own for the length of the block."""
    if _spans is None:
        return following(new_traceparent())
    return _spans.begin(None, name, kind, {})


def following(
    parent: str | None, name: str = "", kind: Kind = "consumer", **facts: Fact
) -> AbstractContextManager[Span]:
    """The block belongs to the trace ``parent``; with a name it is a span there. None: to no trace."""
    if _spans is None or parent is None or not name:
        return _InHand(parent)
    return _spans.begin(parent, name, kind, facts)


def add_span(parent: str | None, name: str, kind: Kind, began: datetime, **facts: Fact) -> None:
    """Work that began at ``began`` and ends now was part of the trace ``parent``."""
    if _spans is not None and parent is not None:
        _spans.add(parent, name, kind, began, facts)


def recording() -> bool:
    """Whether spans are made: so that nothing is worked out for none."""
    return _spans is not None


class _InHand:
    """The context alone."""

    __slots__ = ("_before", "_parent")

    def __init__(self, parent: str | None) -> None:
        self._parent = parent
        self._before: Token[str | None]

    def __enter__(self) -> "_InHand":
        self._before = traceparent.set(self._parent)
        return self

    def __exit__(self, *_: object) -> None:
        traceparent.reset(self._before)

    def tell(self, name: str = "", /, *, failed: bool = False, **facts: Fact) -> None:
        """Nobody listens."""


def new_traceparent() -> str:
    """A fresh, sampled W3C traceparent."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
