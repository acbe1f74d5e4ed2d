"""Facts published by notifications: what became of mails, and what residents said through them."""

from typing import ClassVar
from uuid import UUID

from shared.events import attention
from shared.events.base import Code, Event, Instant, OpenEnum
from shared.events.member_data import Erased, MemberData


class _Notifications(Event):
    subject_field: ClassVar[str | None] = "member_id"
    member_id: UUID


class MessageFailed(_Notifications):
    """A message could not be delivered for good."""

    type: ClassVar[str] = "notifications.message_failed.v1"
    subject_field: ClassVar[str | None] = "message_id"
    message_id: UUID
    purpose: Code
    reason: Code
    failed_at: Instant
    about_id: UUID | None = None
    """What the mail was about: the invitation or the notice that asked for it, or the member."""
    address_at_fault: bool = False
    """The address refused it, for good or for now; otherwise the refusal is about the mail or our server."""


class MemberUnreachable(_Notifications):
    """A person's address does not take mail; nothing more is sent to it until it changes."""

    type: ClassVar[str] = "notifications.member_unreachable.v1"
    reason: Code
    since: Instant
    address_number: int | None = None
    """That of the contact card the mails went by: the address may have changed meanwhile. None in older events."""


class MailPreferenceChanged(_Notifications):
    """A person unsubscribed from (or back to) one purpose by the link in a mail; registration makes it consent."""

    type: ClassVar[str] = "notifications.mail_preference_changed.v1"
    purpose: Code
    """A consent purpose: ``surveys``, ``meetings`` or ``results``."""
    wanted: bool
    changed_at: Instant


class ContactCardMissing(_Notifications):
    """A message has waited a minute for a card: registration sends the card once more."""

    type: ClassVar[str] = "notifications.contact_card_missing.v1"


class MemberDataErased(Erased):
    """notifications has erased what it held about the person."""

    type: ClassVar[str] = "notifications.member_data_erased.v1"


class SuggestionLetterReceived(Event):
    """Restricted: a resident wrote to the panel's mailbox; quotes and signature are cut, the address stays here."""

    type: ClassVar[str] = "notifications.suggestion_letter_received.v1"
    topic: ClassVar[str] = "notifications.suggestions"
    subject_field: ClassVar[str | None] = "suggestion_id"
    suggestion_id: UUID
    """Made by notifications, which keeps the sender's address under it."""
    heading: str
    """The letter's subject line."""
    text: str
    removed: str = ""
    """What was cut because it quotes our mail, without addresses, numbers and the sender's name; for staff to see."""
    language: OpenEnum
    attachments_refused: int = 0
    received_at: Instant


class MattersNamed(_Notifications):
    """Restricted: which matters lie under the address of a member who asked for everything; results has their texts."""

    type: ClassVar[str] = "notifications.matters_named.v1"
    topic: ClassVar[str] = "notifications.suggestions"
    request_id: UUID
    suggestion_ids: tuple[UUID, ...]
    """Made by results or notifications; ids that results does not know are of other mails to the address."""


class MemberDataGathered(MemberData):
    """Restricted: what notifications keeps about a member who asked for everything."""

    type: ClassVar[str] = "notifications.member_data_gathered.v1"
    topic: ClassVar[str] = "notifications.member_data"


class EventsMissed(attention.EventsMissed):
    """notifications has not read events that were removed."""

    type: ClassVar[str] = "notifications.events_missed.v1"


EVENTS: tuple[type[Event], ...] = (
    EventsMissed,
    SuggestionLetterReceived,
    MattersNamed,
    MessageFailed,
    MemberUnreachable,
    MailPreferenceChanged,
    ContactCardMissing,
    MemberDataErased,
    MemberDataGathered,
)
