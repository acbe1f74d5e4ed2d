"""What a service keeps about a member: told on its own restricted topic when the member asks, and gone at erasure."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.base import Event, Instant

#: What is kept, by heading: rows of field and text. Empty where a service keeps nothing under the member.
Kept = Annotated[
    dict[str, list[dict[str, str]]],
    Field(examples=[{"invitations": [{"survey": "Klima", "answered_at": "2027-03-01T10:00:00+00:00"}]}]),
]


class MemberData(Event):
    """One service's part of a member's data file."""

    subject_field: ClassVar[str | None] = "member_id"
    request_id: UUID
    member_id: UUID
    kept: Kept
    gathered_at: Instant


class Erased(Event):
    """One service's receipt: nothing of the member is left there."""

    subject_field: ClassVar[str | None] = "member_id"
    member_id: UUID
    erased_at: Instant
