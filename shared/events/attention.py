"""What a service says of its own trouble: no person stands in it."""

from typing import ClassVar
from uuid import UUID

from shared.events.base import Event, Instant


class LettersExpiring(Event):
    """Events this service could not use hold personal data, which goes soon: somebody must decide before."""

    subject_field: ClassVar[str | None] = "warning_id"
    warning_id: UUID
    letters: int
    """How many wait, those a warning has gone out about before included."""
    days: int
    """Until the first of them goes."""
    send_before: Instant


class EventsMissed(Event):
    """The broker removed events before this service read them: whoever published them sends that stretch again."""

    subject_field: ClassVar[str | None] = "miss_id"
    miss_id: UUID
    missed_topic: str
    partition: int
    from_offset: int
    to_offset: int
    """The first one behind the stretch."""
