"""Tables of the schema ``notifications``."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.notifications.messages.domain import STATES
from shared.database import CLOCK, COLUMN_TYPES, NAMING, Typed
from shared.events.questionnaire import Cover


class Base(DeclarativeBase):
    """Everything in the schema ``notifications``."""

    metadata = sa.MetaData(schema="notifications", naming_convention=NAMING)
    type_annotation_map = COLUMN_TYPES


class Contact(Base):
    """A contact card, or the tombstone of one that was removed (``removed``), which wins over any later card."""

    __tablename__ = "contact"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    email: Mapped[str | None]
    language: Mapped[str] = mapped_column(server_default="nb")
    removed: Mapped[bool] = mapped_column(server_default="false")
    unreachable: Mapped[str | None]
    """Why the address takes no mail; cleared when the address changes."""
    soft_refusals: Mapped[int] = mapped_column(server_default="0")
    """Refusals in a row that may pass (a full mailbox): so many, and the address counts as one that takes no mail."""
    soft_since: Mapped[datetime | None]
    address_number: Mapped[int] = mapped_column(server_default="1")
    """Registration's number of the address."""
    address_since: Mapped[datetime | None]
    """Machine time since which it is this address, where it was another before."""
    synthetic: Mapped[bool] = mapped_column(server_default="false")
    """A made-up resident's: what is sent to it is counted nowhere."""


class Member(Base):
    """What a member wants mail about, from registration's events."""

    __tablename__ = "member"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    purposes: Mapped[list[str]]
    status: Mapped[str]
    """``active``, ``paused`` or ``left``."""


class Survey(Base):
    """What mails say about a survey; parts come from several events in any order."""

    __tablename__ = "survey"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    questionnaire: Mapped[Cover | None] = mapped_column(Typed(Cover))
    closes_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(server_default="open")
    """``open``; ``paused`` or ``ended``, when its invitations and reminders wait; ``closed``."""
    slug: Mapped[str | None]
    done: Mapped[dict[str, str] | None]
    """The newest follow-up, by language."""


class Meeting(Base):
    """What mails say about a meeting."""

    __tablename__ = "meeting"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str | None]
    heading: Mapped[str | None]
    purpose: Mapped[str | None]
    place: Mapped[str | None]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    reply_by: Mapped[datetime | None]
    cancelled: Mapped[bool] = mapped_column(server_default="false")
    done: Mapped[dict[str, str] | None]


class SettledInvitation(Base):
    """An invitation that has been answered or is over: mails about it that come later are needless."""

    __tablename__ = "settled_invitation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reason: Mapped[str]


class Correspondent(Base):
    """The address behind a suggestion, kept nowhere else; blank once forgotten."""

    __tablename__ = "correspondent"

    suggestion_id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str | None]
    language: Mapped[str]
    in_reply_to: Mapped[str | None]
    """Message-ID of the letter, for the answer to stand under it."""
    by_mail: Mapped[bool] = mapped_column(server_default="false")
    doubtful: Mapped[bool] = mapped_column(server_default="false")
    """A letter that may be a machine's: it gets no receipt, only what people answer."""
    created_at: Mapped[datetime] = mapped_column(server_default=CLOCK)
    """Machine time, for the number of letters a day."""
    since: Mapped[datetime]
    """Panel time."""
    answered_at: Mapped[datetime | None]

    __table_args__ = (
        sa.Index("ix_correspondent_email", sa.text("lower(email)")),
        sa.Index("ix_correspondent_mailbox", sa.text(r"regexp_replace(lower(email), '\+[^@]*@', '@')")),
    )


class Letter(Base):
    """A mail that came in: what became of it, never what it said."""

    __tablename__ = "letter"

    digest: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256 of its Message-ID (of the whole mail where it has none): the same letter twice is taken once."""
    outcome: Mapped[str]
    received_at: Mapped[datetime]


class Message(Base):
    """One mail, once: unique per (purpose, subject id, recipient, generation)."""

    __tablename__ = "message"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    subject_id: Mapped[UUID]
    """What the mail is about and its link opens: a member, an invitation, a notice or a suggestion."""
    member_id: Mapped[UUID | None]
    """The recipient; None once erased, and for suggestions, whose sender is the correspondent ``subject_id``."""
    survey_id: Mapped[UUID | None]
    meeting_id: Mapped[UUID | None]
    generation: Mapped[int]
    content: Mapped[dict[str, str] | None]
    """Texts of this one mail (suggestions); blanked when its recipient is forgotten."""
    link_expires_at: Mapped[datetime | None]
    send_before: Mapped[datetime]
    state: Mapped[str]
    reason: Mapped[str | None]
    urgent: Mapped[bool]
    consent: Mapped[str | None]
    """The consent it needs."""
    fence: Mapped[int] = mapped_column(server_default="0")
    lease_until: Mapped[datetime | None]
    """Machine time until which the claim holds."""
    not_before: Mapped[datetime | None]
    """Machine time of the next try."""
    tries: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=CLOCK)
    asked_for_card: Mapped[bool] = mapped_column(server_default="false")
    traceparent: Mapped[str | None]
    """The trace of what somebody did to get it, for the log and the collector; None for mails of a plan."""

    __table_args__ = (
        sa.UniqueConstraint("subject_id", "purpose", "member_id", "generation", postgresql_nulls_not_distinct=True),
        sa.CheckConstraint("state in ('" + "', '".join(STATES) + "')", name="state"),
        sa.Index("ix_message_due", sa.text("urgent desc"), "created_at", postgresql_where=sa.text("state = 'pending'")),
        # Not by the lease: it changes with every mail, and an indexed column would make that change dear.
        sa.Index("ix_message_sending", "created_at", postgresql_where=sa.text("state = 'sending'")),
        sa.Index("ix_message_expiring", "send_before", postgresql_where=sa.text("state in ('waiting', 'pending')")),
        sa.Index("ix_message_waiting", "member_id", postgresql_where=sa.text("state = 'waiting'")),
        sa.Index("ix_message_member", "member_id", postgresql_where=sa.text("state in ('waiting', 'pending')")),
        sa.Index("ix_message_survey", "survey_id", postgresql_where=sa.text("survey_id is not null")),
        sa.Index("ix_message_meeting", "meeting_id", postgresql_where=sa.text("meeting_id is not null")),
        sa.Index("ix_message_unknown", "created_at", postgresql_where=sa.text("state = 'unknown'")),
    )


class Journal(Base):
    """Where each try has got to: started before MAIL FROM, accepted after the 250."""

    __tablename__ = "journal"

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    fence: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(server_default=CLOCK)
    accepted_at: Mapped[datetime | None]
    refused: Mapped[bool] = mapped_column(server_default="false")
    """The server said no, or the connection went before the data: certain, and may be tried again."""


class Sending(Base):
    """Whether mail goes out, in one row; no row is yes."""

    __tablename__ = "sending"

    id: Mapped[int] = mapped_column(primary_key=True, server_default="1")
    paused: Mapped[bool]
    reason: Mapped[str]
    """``staff`` or ``start`` (the setting)."""
    changed_at: Mapped[datetime] = mapped_column(server_default=CLOCK)

    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)


class Minute(Base):
    """How many bulk mails were claimed within a minute of the database's clock, by every process."""

    __tablename__ = "minute"

    began_at: Mapped[datetime] = mapped_column(primary_key=True)
    mails: Mapped[int]


def to_made_up() -> sa.ColumnElement[bool]:
    """Whether a message is to a made-up resident: it is in no count and no list."""
    return sa.exists().where(Contact.member_id == Message.member_id, Contact.synthetic)


metadata = Base.metadata
