"""Facts published by surveys: what is asked, who took part, and (restricted) answers without a person."""

from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events import attention
from shared.events.base import Code, Event, Instant, OpenEnum, PublicText
from shared.events.calendar import Dates
from shared.events.member_data import Erased, MemberData
from shared.events.questionnaire import Questionnaire, example


class MeetingAsked(BaseModel):
    """The group of a meeting that a survey asks, and when."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    meeting_id: UUID
    group: OpenEnum
    """``guest``, ``present`` or ``control``."""
    wave: OpenEnum
    """``before`` or ``after``."""


class SurveyOpened(Event):
    """A survey opened with this frozen questionnaire; sent again unchanged as its state."""

    type: ClassVar[str] = "surveys.survey_opened.v1"
    subject_field: ClassVar[str | None] = "survey_id"
    survey_id: UUID
    questionnaire: Annotated[Questionnaire, Field(examples=[example.QUESTIONNAIRE])]
    """The frozen questionnaire; a kind of question this version does not know is an ``UnknownQuestion`` in it."""
    opened_at: Instant
    closes_at: Instant
    """The first instant at which answers are refused."""
    cell_minimum: int
    """k: answers leave only in cells that at least k answers share."""
    invites_new_members: bool = False
    """Members who join while it is open are invited too."""
    asks: OpenEnum = "everybody"
    """``everybody``, ``some`` (a filter over members) or ``sample`` (drawn among those it is for)."""
    meeting: MeetingAsked | None = None
    """With a survey that evaluates a meeting."""


class SampleDrawn(Event):
    """The sample of a survey was drawn; counts only, and what makes the draw checkable."""

    type: ClassVar[str] = "surveys.sample_drawn.v1"
    subject_field: ClassVar[str | None] = "survey_id"
    survey_id: UUID
    rule: Code
    """Name of the rule, as docs/sampling.md has it."""
    seed: Code
    pool_hash: Code
    """SHA-256 (hex) of the candidates' fingerprints in order, one a line."""
    pool: int
    """Members the survey was for."""
    capped: int
    """Of them, those at the contact cap."""
    drawn: int


class MemberSpared(Event):
    """A survey was for this member, and others were drawn: nothing is asked this time. Shown on the own page."""

    type: ClassVar[str] = "surveys.member_spared.v1"
    subject_field: ClassVar[str | None] = "candidate_id"
    candidate_id: UUID
    survey_id: UUID
    member_id: UUID
    reason: OpenEnum
    """``spared`` (others were drawn) or ``capped`` (asked often enough lately)."""


class TextChange(BaseModel):
    """One text in one language, before and after a correction."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    place: str
    """Where it stands in the questionnaire: ``pages.0.questions.2.text``."""
    language: str
    before: PublicText
    after: PublicText


class TextCorrection(BaseModel):
    """Texts corrected while a survey was open; those who had answered read the old ones."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    corrected_at: Instant
    answered: int
    """How many had answered by then."""
    changes: tuple[TextChange, ...]


class SurveyChanged(Event):
    """Staff paused, extended, ended, reopened or corrected a survey: how it stands now, in full."""

    type: ClassVar[str] = "surveys.survey_changed.v1"
    subject_field: ClassVar[str | None] = "survey_id"
    survey_id: UUID
    state: OpenEnum
    """``open``, ``paused``, or ``ended``: no answers are taken, and it may be opened again until they leave."""
    closes_at: Instant
    """The first instant at which answers are refused, if it is open then."""
    changed_at: Instant
    questionnaire: Annotated[Questionnaire, Field(examples=[example.QUESTIONNAIRE])]
    """What it asks, with texts as they are now."""
    corrections: tuple[TextCorrection, ...] = ()
    """How its texts came to be so since it opened, oldest first."""


class SurveyInvitationIssued(Event):
    """A member is invited to a survey: send the one link that answers it."""

    type: ClassVar[str] = "surveys.survey_invitation_issued.v1"
    subject_field: ClassVar[str | None] = "invitation_id"
    invitation_id: UUID
    survey_id: UUID
    member_id: UUID
    generation: int
    link_expires_at: Instant
    send_before: Instant
    asked_at: tuple[Instant, ...] = ()
    """When each mail that asked this member went out so far: the invitation, then its reminders."""


class SurveyReminderDue(Event):
    """An invited member has not answered by the planned day: send the reminder with the same link."""

    type: ClassVar[str] = "surveys.survey_reminder_due.v1"
    subject_field: ClassVar[str | None] = "invitation_id"
    invitation_id: UUID
    survey_id: UUID
    member_id: UUID
    generation: int
    reminder: int
    """1 for the first reminder."""
    last: bool = True
    """No other comes after it."""
    link_expires_at: Instant
    send_before: Instant
    asked_at: tuple[Instant, ...] = ()
    """As with the invitation, this reminder included."""


class SurveyAnswered(Event):
    """An invited member took part. Never what was answered."""

    type: ClassVar[str] = "surveys.survey_answered.v1"
    subject_field: ClassVar[str | None] = "invitation_id"
    invitation_id: UUID
    survey_id: UUID
    member_id: UUID
    answered_at: Instant
    asked_at: tuple[Instant, ...] = ()
    """As with the invitation; what this fact is as the invitation's state."""


class StratumCount(BaseModel):
    """How many were invited and how many took part in one cell of gender x age band x area."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    gender: OpenEnum
    band: Code
    area: Code | None = None
    """The named group of postcodes; None outside every one, and where an older release counted."""
    invited: int
    answered: int


class SurveyClosed(Event):
    """A survey closed and its answers were released: the survey's last event."""

    type: ClassVar[str] = "surveys.survey_closed.v1"
    subject_field: ClassVar[str | None] = "survey_id"
    survey_id: UUID
    opened_at: Instant
    closed_at: Instant
    invited: int
    answered: int
    released: int
    """Answers sent as ResponseSubmitted; 0 when fewer than k people answered."""
    strata: tuple[StratumCount, ...]


class SurveyResultsNoticeDue(Event):
    """The results of a survey this member took part in are public: tell them."""

    type: ClassVar[str] = "surveys.survey_results_notice_due.v1"
    subject_field: ClassVar[str | None] = "invitation_id"
    invitation_id: UUID
    survey_id: UUID
    member_id: UUID
    generation: int
    send_before: Instant


class SurveyFollowUpNoticeDue(Event):
    """The municipality recorded what came of a survey this member took part in: tell them."""

    type: ClassVar[str] = "surveys.survey_follow_up_notice_due.v1"
    subject_field: ClassVar[str | None] = "notice_id"
    notice_id: UUID
    """A new id for each notice to each person: a survey may have several follow-ups."""
    survey_id: UUID
    member_id: UUID
    generation: int
    send_before: Instant


class MemberDataErased(Erased):
    """surveys has erased what it held about the person."""

    type: ClassVar[str] = "surveys.member_data_erased.v1"


class AnswerStrata(BaseModel):
    """The cell an answer is released in; None where cells were merged to reach k."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    gender: OpenEnum | None
    bands: tuple[Code, ...] | None
    """One or more neighbouring age bands, or None when age was merged away."""
    areas: tuple[Code, ...] | None = None
    """One or more areas, or None when place was merged away (first of all) or the member lived in none."""


class ResponseSubmitted(Event):
    """Restricted: one person's answers, without the person, the time or anything that leads to either."""

    type: ClassVar[str] = "surveys.response_submitted.v1"
    topic: ClassVar[str] = "surveys.responses"
    subject_field: ClassVar[str | None] = None
    response_id: UUID
    """Random (uuid v4): it carries no time."""
    survey_id: UUID
    strata: AnswerStrata
    answers: Annotated[dict[str, Any], Field(examples=[example.ANSWERS])]
    """Question id -> answer in the questionnaire's terms; unanswered questions are absent."""


class MemberDataGathered(MemberData):
    """Restricted: what surveys keeps about a member who asked for everything."""

    type: ClassVar[str] = "surveys.member_data_gathered.v1"
    topic: ClassVar[str] = "surveys.member_data"


class DatesPlanned(Dates):
    """What is planned or due about a survey, for the calendar of staff."""

    type: ClassVar[str] = "surveys.dates_planned.v1"


class EventsMissed(attention.EventsMissed):
    """surveys has not read events that were removed."""

    type: ClassVar[str] = "surveys.events_missed.v1"


EVENTS: tuple[type[Event], ...] = (
    EventsMissed,
    DatesPlanned,
    SurveyOpened,
    SurveyChanged,
    SampleDrawn,
    MemberSpared,
    SurveyInvitationIssued,
    SurveyReminderDue,
    SurveyAnswered,
    SurveyClosed,
    SurveyResultsNoticeDue,
    SurveyFollowUpNoticeDue,
    MemberDataErased,
    MemberDataGathered,
    ResponseSubmitted,
)
