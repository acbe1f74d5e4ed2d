"""Which failures pass by themselves. Everything else is the event's own fault and ends in the dead letters."""

import asyncio

import asyncpg
import sqlalchemy.exc

from shared.causes import causes
from shared.messaging.subscription import PermanentError

#: Serialisation failure, deadlock, lock timeout, read-only (fail-over), idle-in-transaction timeout, shutdown.
_TRANSIENT_STATES = frozenset({"40001", "40P01", "55P03", "25006", "25P03", "57P01", "57P02", "57P03", "57014"})
#: 08 connection, 53 resources (disk full, out of memory, too many connections), 58 system error (I/O).
_TRANSIENT_CLASSES = ("08", "53", "58")


def is_transient(error: BaseException) -> bool:
    """Whether waiting and trying again can help: database or network away, deadlock, disk full, shutdown."""
    return not isinstance(error, PermanentError) and any(_passes(link) for link in causes(error))


def _passes(error: BaseException) -> bool:
    if isinstance(error, OSError | asyncio.TimeoutError | asyncio.CancelledError | sqlalchemy.exc.TimeoutError):
        return True
    if isinstance(error, sqlalchemy.exc.DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, asyncpg.InterfaceError) and "connection" in str(error):
        return True
    state = getattr(error, "sqlstate", None)
    return isinstance(state, str) and (state in _TRANSIENT_STATES or state.startswith(_TRANSIENT_CLASSES))
