"""Identifiers: uuid v7 where order helps the database, v4 where time must not leak."""

from uuid import UUID, uuid4

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A time-ordered id (uuid v7) for entities and events."""
    return UUID(int=uuid7().int)


def random_id() -> UUID:
    """An id that says nothing about when it was made (uuid v4)."""
    return uuid4()
