"""Facts published by registration: who is in the panel, how big it is, whom it should mirror."""

from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events import attention
from shared.events.base import Code, Event, Instant, OpenEnum, PublicText


class _Registration(Event):
    subject_field: ClassVar[str | None] = "member_id"


class MemberState(_Registration):
    """A member's full state as others may know it: strata, purposes and status; never name or address."""

    member_id: UUID
    year_of_birth: int
    gender: OpenEnum
    """``female``, ``male`` or ``other`` ("annet / vil ikke oppgi")."""
    area: Code | None
    """The named group of postcodes the member lives in, never the postcode; None outside every area."""
    area_scheme: Code
    """The version of the areas the code belongs to, e.g. ``areas-3``; ``areas-0`` before any are named."""
    purposes: tuple[Code, ...]
    """Purposes consented to, of ``surveys``, ``meetings``, ``results``."""
    status: OpenEnum
    """``active``, ``paused``, or ``synthetic``: made up to see that the panel works, asked and counted by nobody."""
    joined_at: Instant
    reachable: bool = True
    """False while mail to the member comes back: neither asked nor drawn, nor counted as active."""
    language: OpenEnum | None = None
    """``nb``, ``nn`` or ``en``: the language of the member's mails."""

    @property
    def standing(self) -> str:
        """``active``, ``paused``, or ``unreachable`` whatever the status: what a copy of the state keeps."""
        return self.status if self.reachable else "unreachable"


class MemberJoined(MemberState):
    """A resident confirmed the sign-up (or staff imported a member): the panel has one member more."""

    type: ClassVar[str] = "registration.member_joined.v1"


class MemberChanged(MemberState):
    """A member's strata, purposes or status changed."""

    type: ClassVar[str] = "registration.member_changed.v1"


class MemberLeft(_Registration):
    """A member ended taking part; erasure follows."""

    type: ClassVar[str] = "registration.member_left.v1"
    member_id: UUID
    left_at: Instant


class MemberErased(_Registration):
    """Everything about this person must go; every service answers with its own MemberDataErased."""

    type: ClassVar[str] = "registration.member_erased.v1"
    member_id: UUID
    erased_at: Instant


class _AsksForMail(_Registration):
    member_id: UUID
    generation: int
    """Raised by one for every new link or notice; part of what makes the message unique."""
    send_before: Instant
    """Panel time after which the mail must not be sent any more."""


class ConfirmationRequested(_AsksForMail):
    """A resident signed up: send the link that opens the confirmation page (double opt-in)."""

    type: ClassVar[str] = "registration.confirmation_requested.v1"
    link_expires_at: Instant
    about: OpenEnum = "joining"
    """``joining``, ``joining_on_behalf`` where staff filled the form in for somebody who asked, or ``address``: a
    member's new address, under an id of its own instead of the member's."""


class SignUpRepeated(_AsksForMail):
    """Somebody signed up with the address of a member: tell that address it is already a member."""

    type: ClassVar[str] = "registration.sign_up_repeated.v1"


class ChangedOnBehalf(_AsksForMail):
    """Staff changed something for a member who had asked by phone or on paper: tell the member."""

    type: ClassVar[str] = "registration.changed_on_behalf.v1"
    changes: tuple[Code, ...]
    """What changed, never from or to what: ``name``, ``email`` (asked for, not in use yet), ``year_of_birth``,
    ``gender``, ``postcode``, ``language``, ``<purpose>_yes``, ``<purpose>_no``, ``paused`` or ``active``."""
    how: OpenEnum
    """``phone``, ``paper``, ``in_person``, ``email``, or ``error``: nobody asked, staff mended a fault."""


class MemberWelcomeDue(_AsksForMail):
    """Staff imported a member from a file and want them to hear of it, with the way to the own page."""

    type: ClassVar[str] = "registration.member_welcome_due.v1"


class SignInRequested(_AsksForMail):
    """A member asked for a link to the own page."""

    type: ClassVar[str] = "registration.sign_in_requested.v1"
    link_expires_at: Instant


class PanelThresholdSet(_Registration):
    """A panel size was announced as a threshold others may plan by."""

    type: ClassVar[str] = "registration.panel_threshold_set.v1"
    subject_field: ClassVar[str | None] = "threshold_id"
    threshold_id: UUID
    size: int
    """Number of members who want surveys and can be asked."""
    role: OpenEnum
    """``start`` (first survey), ``goal``, or ``other``."""
    reached_at: Instant | None = None


class PanelThresholdReached(_Registration):
    """The panel has reached an announced size, for the first and only time."""

    type: ClassVar[str] = "registration.panel_threshold_reached.v1"
    subject_field: ClassVar[str | None] = "threshold_id"
    threshold_id: UUID
    size: int
    panel_size: int
    """Members who want surveys and can be asked, as ``size`` counts them."""
    reached_at: Instant


class AgeBand(BaseModel):
    """An inclusive band of ages in years; ``age_to`` None is open-ended."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    code: Code
    age_from: int
    age_to: int | None


class Margin(BaseModel):
    """Number of residents in one cell of gender x age band."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    gender: OpenEnum
    band: Code
    population: int


class AreaMargin(BaseModel):
    """Number of residents in one area; the list is empty until areas are named."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    area: Code
    population: int
    label: PublicText = ""
    """What people call the area."""
    cells: tuple[Margin, ...] = ()
    """Residents by gender and age band, where known."""


class PopulationMarginsSet(_Registration):
    """The population the panel is compared with, and the age bands that come with it."""

    type: ClassVar[str] = "registration.population_margins_set.v1"
    subject_field: ClassVar[str | None] = "margins_id"
    margins_id: UUID
    """One fixed id per installation, so that a newer set follows an older one in order."""
    year: int
    """The margins' reference year; a member's age here is ``year - year_of_birth``."""
    source: Code
    """Code of the source, e.g. ``ssb-07459``; the attribution text belongs to the pages."""
    bands: tuple[AgeBand, ...]
    margins: tuple[Margin, ...]
    area_scheme: Code
    area_margins: tuple[AreaMargin, ...] = ()
    area_source: PublicText = ""
    """Where the areas' figures come from; shown wherever they are."""


class ProfileChanged(_Registration):
    """Staff chose something of the municipality's profile: all that is chosen, which wins over the installed one."""

    type: ClassVar[str] = "registration.profile_changed.v1"
    subject_field: ClassVar[str | None] = "profile_id"
    profile_id: UUID
    choices: dict[str, Any]
    """Entries of the profile by name, each as ``shared.profile.Profile`` has it; what is not named is as installed."""
    changed_at: Instant


class StaffSessionEnded(_Registration):
    """A member of staff signed out: the session is refused everywhere."""

    type: ClassVar[str] = "registration.staff_session_ended.v1"
    subject_field: ClassVar[str | None] = "session_id"
    session_id: UUID
    ended_at: Instant


class MemberDataRequested(_Registration):
    """A member asked for everything that is kept: every service answers with its own MemberDataGathered."""

    type: ClassVar[str] = "registration.member_data_requested.v1"
    request_id: UUID
    member_id: UUID
    asked_at: Instant


class _Contact(Event):
    topic: ClassVar[str] = "registration.contacts"
    subject_field: ClassVar[str | None] = "member_id"
    member_id: UUID


class ContactChanged(_Contact):
    """Restricted: a person's current contact card, for notifications only."""

    type: ClassVar[str] = "registration.contact_changed.v1"
    name: str
    email: str
    language: OpenEnum
    """``nb``, ``nn`` or ``en``."""
    address_number: int = 1
    """Which of the person's addresses this is."""


class ContactRemoved(_Contact):
    """Restricted: the person's card must go; the id stays as a tombstone that wins over any later card."""

    type: ClassVar[str] = "registration.contact_removed.v1"


class DeadLettersExpiring(attention.LettersExpiring):
    """Events that registration could not use lose their content soon."""

    type: ClassVar[str] = "registration.dead_letters_expiring.v1"


class EventsMissed(attention.EventsMissed):
    """registration has not read events that were removed."""

    type: ClassVar[str] = "registration.events_missed.v1"


EVENTS: tuple[type[Event], ...] = (
    EventsMissed,
    DeadLettersExpiring,
    MemberJoined,
    MemberChanged,
    MemberLeft,
    MemberErased,
    ConfirmationRequested,
    SignUpRepeated,
    ChangedOnBehalf,
    MemberWelcomeDue,
    SignInRequested,
    PanelThresholdSet,
    PanelThresholdReached,
    PopulationMarginsSet,
    ProfileChanged,
    StaffSessionEnded,
    MemberDataRequested,
    ContactChanged,
    ContactRemoved,
)
