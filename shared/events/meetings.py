"""Facts published by meetings."""

from typing import ClassVar
from uuid import UUID

from shared.events.base import Event, Instant


class MemberDataErased(Event):
    """meetings has erased what it held about the person."""

    type: ClassVar[str] = "meetings.member_data_erased.v1"
    topic: ClassVar[str] = "meetings"
    subject_field: ClassVar[str | None] = "member_id"
    member_id: UUID
    erased_at: Instant


EVENTS: tuple[type[Event], ...] = (MemberDataErased,)
