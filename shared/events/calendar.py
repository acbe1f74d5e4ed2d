"""Dates staff plan by, told by the service whose they are; no person stands in them."""

from typing import ClassVar
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict

from shared.events.base import Code, Event, Instant, PublicText


class PlannedDate(BaseModel):
    """One date of a survey, a meeting or a result."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    kind: Code
    """What happens: ``opens``, ``reminder``, ``closes``, ``reply_by``, ``starts``, ``follow_up_due`` …"""
    at: Instant
    until: Instant | None = None


class Dates(Event):
    """Everything planned or due about one thing, as it stands now; none when it is cancelled."""

    subject_field: ClassVar[str | None] = "dates_id"
    dates_id: UUID
    """Of the thing, and another than its own: its first event must find no subject of that name yet."""
    heading: PublicText
    path: str
    """Of the staff page about it."""
    dates: tuple[PlannedDate, ...]


def dates_id(about_id: UUID) -> UUID:
    """The id under which the dates of a thing are told."""
    return uuid5(about_id, "dates")
