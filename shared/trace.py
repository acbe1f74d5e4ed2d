"""The W3C trace context of the work in hand, so that an event carries its page's trace through the outbox."""

import secrets
from contextvars import ContextVar

traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)


def new_traceparent() -> str:
    """A fresh, sampled W3C traceparent."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
