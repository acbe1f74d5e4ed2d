"""Which failures pass by themselves. Everything else is the event's own fault and ends in the dead letters."""

import asyncio
from collections.abc import Iterator

import asyncpg
import sqlalchemy.exc

#: Serialisation failure, deadlock, lock timeout, read-only (fail-over), idle-in-transaction timeout, shutdown.
_TRANSIENT_STATES = frozenset({"40001", "40P01", "55P03", "25006", "25P03", "57P01", "57P02", "57P03", "57014"})
#: 08 connection, 53 resources (disk full, out of memory, too many connections), 58 system error (I/O).
_TRANSIENT_CLASSES = ("08", "53", "58")


def is_transient(error: BaseException) -> bool:
    """Whether waiting and trying again can help: database or network away, deadlock, disk full, shutdown."""
    return any(_passes(link) for link in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        original = getattr(link, "orig", None)
        if isinstance(original, BaseException):
            yield from _chain(original)
        link = link.__cause__


def _passes(error: BaseException) -> bool:
    if isinstance(error, OSError | asyncio.TimeoutError | asyncio.CancelledError | sqlalchemy.exc.TimeoutError):
        return True
    if isinstance(error, asyncpg.InterfaceError) and "connection" in str(error):
        return True
    state = getattr(error, "sqlstate", None)
    return isinstance(state, str) and (state in _TRANSIENT_STATES or state.startswith(_TRANSIENT_CLASSES))
