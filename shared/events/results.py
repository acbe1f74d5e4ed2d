"""Facts published by results: what became public."""

from typing import ClassVar
from uuid import UUID

from shared.events.base import Code, Event, Instant


class ResultsPublished(Event):
    """Staff approved a survey's result: it is public at ``/results/<slug>``."""

    type: ClassVar[str] = "results.results_published.v1"
    topic: ClassVar[str] = "results"
    subject_field: ClassVar[str | None] = "survey_id"
    survey_id: UUID
    slug: Code
    published_at: Instant


class MemberDataErased(Event):
    """results has erased what it held about the person."""

    type: ClassVar[str] = "results.member_data_erased.v1"
    topic: ClassVar[str] = "results"
    subject_field: ClassVar[str | None] = "member_id"
    member_id: UUID
    erased_at: Instant


EVENTS: tuple[type[Event], ...] = (ResultsPublished, MemberDataErased)
