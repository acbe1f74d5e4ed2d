"""Facts published by meetings: what is planned, who was drawn, what came of it."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from shared.events import attention
from shared.events.base import Code, Event, Instant, OpenEnum, PublicText
from shared.events.calendar import Dates
from shared.events.member_data import Erased, MemberData


class _Meetings(Event):
    subject_field: ClassVar[str | None] = "meeting_id"


class MeetingAnnounced(_Meetings):
    """A meeting was announced, or what was announced changed: its full public state, also sent again as its state."""

    type: ClassVar[str] = "meetings.meeting_announced.v1"
    meeting_id: UUID
    slug: Code
    """The meeting's public page is ``/meetings/<slug>``."""
    heading: PublicText
    purpose: PublicText
    place: PublicText
    starts_at: Instant
    ends_at: Instant
    seats: int
    reply_by: Instant
    """The first instant at which an unanswered invitation has lapsed."""
    status: OpenEnum = "announced"
    """``announced``, ``drawn``, ``held``, ``minuted`` or ``cancelled``."""


class MeetingDrawn(_Meetings):
    """A draw was made for a meeting; counts only, the protocol stands on the meeting's public page."""

    type: ClassVar[str] = "meetings.meeting_drawn.v1"
    meeting_id: UUID
    draw_id: UUID
    pool: int
    """Members who could be drawn."""
    drawn: int
    drawn_at: Instant


class _ForOneInvited(_Meetings):
    subject_field: ClassVar[str | None] = "invitation_id"
    invitation_id: UUID
    meeting_id: UUID
    member_id: UUID


class MeetingCallIssued(_ForOneInvited):
    """A member is asked whether to be in a meeting's draw: send the link that answers yes or no."""

    type: ClassVar[str] = "meetings.meeting_call_issued.v1"
    generation: int
    link_expires_at: Instant
    send_before: Instant
    """The call takes no answers from then on."""
    asked_at: tuple[Instant, ...] = ()
    """When each mail that asked this member went out so far."""


class MeetingCallAnswered(_ForOneInvited):
    """A member wants to be in a meeting's draw, or does not; what else the call asked stays in meetings."""

    type: ClassVar[str] = "meetings.meeting_call_answered.v1"
    reply: OpenEnum
    """``yes`` or ``no``; it may change until the call is over."""
    answered_at: Instant
    asked_at: tuple[Instant, ...] = ()
    """As with the call."""


class MeetingInvitationIssued(_ForOneInvited):
    """A member was drawn (or replaces one who cannot come): send the link that answers yes or no."""

    type: ClassVar[str] = "meetings.meeting_invitation_issued.v1"
    generation: int
    replacement: bool = False
    waiting_list: bool = False
    """The member is asked to wait for a seat that may become free, not to a seat."""
    volunteer: bool = False
    """The member said yes to the meeting's call, and only those who did were drawn from."""
    reply_by: Instant
    link_expires_at: Instant
    send_before: Instant
    asked_at: tuple[Instant, ...] = ()
    """When each mail that asked this member went out so far."""


class MeetingInvitationAnswered(_ForOneInvited):
    """An invited member said yes or no, or let the deadline pass; or one who waits got a seat, or there was none."""

    type: ClassVar[str] = "meetings.meeting_invitation_answered.v1"
    reply: OpenEnum
    """``accepted`` (has a seat), ``waiting`` (for one), ``released`` (waited, and there was none), ``declined``,
    ``lapsed`` (silence) or ``withdrawn`` (a yes taken back)."""
    answered_at: Instant
    generation: int
    link_expires_at: Instant
    send_before: Instant
    asked_at: tuple[Instant, ...] = ()
    """As with the invitation."""


class MeetingReminderDue(_ForOneInvited):
    """The meeting is near: remind one who has said yes, with the same link."""

    type: ClassVar[str] = "meetings.meeting_reminder_due.v1"
    generation: int
    link_expires_at: Instant
    send_before: Instant


class MeetingNoticeDue(_ForOneInvited):
    """One who had said yes is told something about the meeting."""

    type: ClassVar[str] = "meetings.meeting_notice_due.v1"
    subject_field: ClassVar[str | None] = "notice_id"
    notice_id: UUID
    """A new id for each notice to each person, so that a meeting may have several."""
    notice: OpenEnum
    """``changed`` (time or place), ``cancelled``, ``minutes`` or ``follow_up``."""
    generation: int
    send_before: Instant
    link_expires_at: Instant | None = None
    """With ``changed`` and ``cancelled``: until when the link, made for ``notice_id``, opens the person's own page."""


class MemberEnteredDraw(_Meetings):
    """A member was in the pool of a draw, with this chance of being drawn: shown on the member's own page."""

    type: ClassVar[str] = "meetings.member_entered_draw.v1"
    subject_field: ClassVar[str | None] = "entry_id"
    entry_id: UUID
    draw_id: UUID
    meeting_id: UUID
    member_id: UUID
    chance: float
    """Probability of being drawn, at most 1; 0 for one who is in no group that keeps the quotas."""
    drawn: bool


class MeetingGroupSet(_Meetings):
    """A member was at a meeting, or is in its control group, or is not any more: for surveys that compare the two."""

    type: ClassVar[str] = "meetings.meeting_group_set.v1"
    subject_field: ClassVar[str | None] = "entry_id"
    entry_id: UUID
    """That of the member's place in the meeting's draw."""
    meeting_id: UUID
    member_id: UUID
    group: OpenEnum
    """``present``, ``control`` or ``none``."""


class MeetingSurveyAsked(_Meetings):
    """Staff want one of a meeting's groups to be asked before or after it."""

    type: ClassVar[str] = "meetings.meeting_survey_asked.v1"
    subject_field: ClassVar[str | None] = "survey_id"
    survey_id: UUID
    """The id the survey is to have."""
    meeting_id: UUID
    group: OpenEnum
    """``guest`` (has said yes to a seat), ``present`` or ``control``."""
    wave: OpenEnum
    """``before`` or ``after`` the meeting."""
    compared: bool
    """Whether the other wave is asked too, so that both ask the same."""
    members: int
    """How many were in the group then."""
    closes_at: Instant
    asked_at: Instant


class MeetingHeld(_Meetings):
    """A meeting took place."""

    type: ClassVar[str] = "meetings.meeting_held.v1"
    meeting_id: UUID
    attended: int
    held_at: Instant


class MeetingMinutesPublished(_Meetings):
    """A meeting's minutes stand on its public page."""

    type: ClassVar[str] = "meetings.meeting_minutes_published.v1"
    meeting_id: UUID
    slug: Code
    published_at: Instant


class MeetingCancelled(_Meetings):
    """A meeting will not take place."""

    type: ClassVar[str] = "meetings.meeting_cancelled.v1"
    meeting_id: UUID
    cancelled_at: Instant


class MemberDataErased(Erased):
    """meetings has erased what it held about the person."""

    type: ClassVar[str] = "meetings.member_data_erased.v1"


class DrawProofIssued(_Meetings):
    """Restricted: what shows the member to have been in a draw's pool; with it anybody could see that it was them."""

    type: ClassVar[str] = "meetings.draw_proof_issued.v1"
    topic: ClassVar[str] = "meetings.member_data"
    subject_field: ClassVar[str | None] = "entry_id"
    entry_id: UUID
    meeting_id: UUID
    member_id: UUID
    salt: str
    """With id and ``kind`` it makes the member's leaf, as ``services.meetings.verify`` does."""
    kind: tuple[str, ...]
    """Gender, age band and area as codes."""
    path: Annotated[tuple[tuple[str, str], ...], Field(examples=[[["left", "5f1d"], ["right", "c0de"]]])]
    """From the leaf to the root: the side the sister stands on (``left``, ``right``), and the sister (SHA-256, hex)."""
    root: str
    digest: str
    """The draw's fingerprint, as published before it."""


class MemberDataGathered(MemberData):
    """Restricted: what meetings keeps about a member who asked for everything."""

    type: ClassVar[str] = "meetings.member_data_gathered.v1"
    topic: ClassVar[str] = "meetings.member_data"


class DatesPlanned(Dates):
    """What is planned or due about a meeting, for the calendar of staff."""

    type: ClassVar[str] = "meetings.dates_planned.v1"


class EventsMissed(attention.EventsMissed):
    """meetings has not read events that were removed."""

    type: ClassVar[str] = "meetings.events_missed.v1"


EVENTS: tuple[type[Event], ...] = (
    EventsMissed,
    DatesPlanned,
    MeetingAnnounced,
    MeetingDrawn,
    MeetingCallIssued,
    MeetingCallAnswered,
    MeetingInvitationIssued,
    MeetingInvitationAnswered,
    MeetingReminderDue,
    MeetingNoticeDue,
    MemberEnteredDraw,
    DrawProofIssued,
    MeetingGroupSet,
    MeetingSurveyAsked,
    MeetingHeld,
    MeetingMinutesPublished,
    MeetingCancelled,
    MemberDataErased,
    MemberDataGathered,
)
