"""Facts published by results: what became public, what it led to, and what residents raised."""

from typing import ClassVar
from uuid import UUID

from shared.events import attention
from shared.events.base import Code, Event, Instant, OpenEnum, PublicTexts
from shared.events.calendar import Dates
from shared.events.member_data import Erased, MemberData


class ResultsPublished(Event):
    """Staff approved a survey's result: it is public at ``/results/<slug>``; sent again unchanged as its state."""

    type: ClassVar[str] = "results.results_published.v1"
    subject_field: ClassVar[str | None] = "survey_id"
    survey_id: UUID
    slug: Code
    published_at: Instant
    heading: PublicTexts | None = None
    """The survey's title, by language."""
    finding: PublicTexts | None = None
    """The finding in one sentence, by language."""
    picture: PublicTexts | None = None
    """The question whose answers the picture at ``/results/<slug>/picture-<language>.svg`` shows; None without one."""


class FollowUpRecorded(Event):
    """ "You said, we did": what a result, meeting or suggestion led to; sent again as its state."""

    type: ClassVar[str] = "results.follow_up_recorded.v1"
    subject_field: ClassVar[str | None] = "follow_up_id"
    follow_up_id: UUID
    about: OpenEnum
    """``survey``, ``meeting`` or ``suggestion``."""
    about_id: UUID
    slug: Code
    """The page it stands on: ``/results/<slug>``, ``/meetings/<slug>`` or ``/suggest/<slug>``, as ``about`` says."""
    done: PublicTexts
    """What was done, by language."""
    done_on: str
    """The day it was done, ISO 8601."""
    recorded_at: Instant


class SuggestionRegistered(Event):
    """A resident raised a matter, by form or by mail."""

    type: ClassVar[str] = "results.suggestion_registered.v1"
    subject_field: ClassVar[str | None] = "suggestion_id"
    suggestion_id: UUID
    channel: OpenEnum
    """``form`` or ``mail``."""
    registered_at: Instant


class SuggestionAnswered(Event):
    """Staff answered a suggestion."""

    type: ClassVar[str] = "results.suggestion_answered.v1"
    subject_field: ClassVar[str | None] = "suggestion_id"
    suggestion_id: UUID
    status: OpenEnum
    """``answered``, ``forwarded``, ``merged`` or ``declined``."""
    slug: Code | None = None
    """The public page ``/suggest/<slug>``, when the matter is public."""
    answered_at: Instant


class MemberDataErased(Erased):
    """results has erased what it held about the person."""

    type: ClassVar[str] = "results.member_data_erased.v1"


class _Correspondence(Event):
    topic: ClassVar[str] = "results.contacts"
    subject_field: ClassVar[str | None] = "suggestion_id"
    suggestion_id: UUID


class SuggestionContactGiven(_Correspondence):
    """Restricted: the address given in the suggestion form, for notifications only."""

    type: ClassVar[str] = "results.suggestion_contact_given.v1"
    email: str
    language: OpenEnum


class SuggestionReplyDue(_Correspondence):
    """Restricted: the sender of a suggestion is to be written to; notifications knows the address by the id."""

    type: ClassVar[str] = "results.suggestion_reply_due.v1"
    notice: OpenEnum
    """``receipt``, ``attachments_refused``, ``status`` or ``answer``."""
    status: OpenEnum
    heading: str
    text: str = ""
    """The municipality's answer, plain text."""
    slug: Code | None = None
    """The public page ``/suggest/<slug>``, when the matter is public."""
    generation: int
    send_before: Instant


class MemberDataGathered(MemberData):
    """Restricted: what results keeps about a member who asked for everything."""

    type: ClassVar[str] = "results.member_data_gathered.v1"
    topic: ClassVar[str] = "results.member_data"


class DatesPlanned(Dates):
    """What is planned or due about a published result, for the calendar of staff."""

    type: ClassVar[str] = "results.dates_planned.v1"


class DeadLettersExpiring(attention.LettersExpiring):
    """Events that results could not use lose their content soon."""

    type: ClassVar[str] = "results.dead_letters_expiring.v1"


class EventsMissed(attention.EventsMissed):
    """results has not read events that were removed."""

    type: ClassVar[str] = "results.events_missed.v1"


EVENTS: tuple[type[Event], ...] = (
    EventsMissed,
    DeadLettersExpiring,
    DatesPlanned,
    ResultsPublished,
    FollowUpRecorded,
    SuggestionRegistered,
    SuggestionAnswered,
    MemberDataErased,
    MemberDataGathered,
    SuggestionContactGiven,
    SuggestionReplyDue,
)
