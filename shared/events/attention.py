"""What staff are to be told of by mail: said by the service it is about, and no person stands in it."""

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
