"""Tables of the schema ``notifications``."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.database import NAMING

#: Purposes in the lane that goes before bulk mail, and may be sent twice after a crash.
URGENT = ("confirm", "already_member", "sign_in")

STATES = ("waiting", "pending", "sending", "sent", "failed", "suppressed", "expired", "no_address", "unknown")


class Base(DeclarativeBase):
    """Everything in the schema ``notifications``."""

    metadata = sa.MetaData(schema="notifications", naming_convention=NAMING)
    type_annotation_map = {datetime: sa.DateTime(timezone=True), str: sa.Text}  # noqa: RUF012


class Contact(Base):
    """A contact card, or the tombstone of one that was removed (``removed``), which wins over any later card."""

    __tablename__ = "contact"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    email: Mapped[str | None]
    language: Mapped[str] = mapped_column(server_default="nb")
    removed: Mapped[bool] = mapped_column(server_default="false")


class Survey(Base):
    """What mails say about a survey."""

    __tablename__ = "survey"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    questionnaire: Mapped[dict[str, object]] = mapped_column(JSONB)
    closes_at: Mapped[datetime]
    slug: Mapped[str | None]


class Message(Base):
    """One mail, once: unique per (purpose, subject id, recipient, generation)."""

    __tablename__ = "message"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    subject_id: Mapped[UUID]
    """What the mail is about and its link opens: a member or an invitation."""
    member_id: Mapped[UUID | None]
    survey_id: Mapped[UUID | None] = mapped_column(index=True)
    generation: Mapped[int]
    link_expires_at: Mapped[datetime | None]
    send_before: Mapped[datetime]
    state: Mapped[str]
    reason: Mapped[str | None]
    urgent: Mapped[bool]
    fence: Mapped[int] = mapped_column(server_default="0")
    lease_until: Mapped[datetime | None]
    """Machine time until which the claim holds."""
    not_before: Mapped[datetime | None]
    """Machine time of the next try."""
    tries: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=sa.text("clock_timestamp()"))
    asked_for_card: Mapped[bool] = mapped_column(server_default="false")

    __table_args__ = (
        sa.UniqueConstraint("purpose", "subject_id", "member_id", "generation"),
        sa.CheckConstraint("state in ('" + "', '".join(STATES) + "')", name="state"),
        sa.Index("ix_message_due", "urgent", "created_at", postgresql_where=sa.text("state in ('pending', 'sending')")),
        sa.Index("ix_message_waiting", "member_id", postgresql_where=sa.text("state = 'waiting'")),
    )


class Journal(Base):
    """Where each try has got to: started before MAIL FROM, accepted after the 250."""

    __tablename__ = "journal"

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    fence: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(server_default=sa.text("clock_timestamp()"))
    accepted_at: Mapped[datetime | None]
    refused: Mapped[bool] = mapped_column(server_default="false")
    """The server said no, or the connection went before the data: certain, and may be tried again."""


metadata = Base.metadata
