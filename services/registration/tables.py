"""Tables of the schema ``registration``."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.database import NAMING

_Time = sa.DateTime(timezone=True)


class Base(DeclarativeBase):
    """Everything in the schema ``registration``."""

    metadata = sa.MetaData(schema="registration", naming_convention=NAMING)
    type_annotation_map = {datetime: _Time, str: sa.Text}  # noqa: RUF012 - SQLAlchemy reads it from the class


class Member(Base):
    """A person from the first sign-up on; blanked at erasure, the id stays as a tombstone."""

    __tablename__ = "member"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[str]
    name: Mapped[str | None]
    email: Mapped[str | None]
    email_key: Mapped[str | None] = mapped_column(unique=True)
    """The address as it is compared: NFKC, case folded."""
    year_of_birth: Mapped[int | None]
    gender: Mapped[str | None]
    area: Mapped[str | None]
    """The postcode; its scheme comes with the register's date."""
    declared_resident_at: Mapped[datetime | None]
    language: Mapped[str]
    source: Mapped[str]
    generation: Mapped[int] = mapped_column(server_default="1")
    """Raised for every new link or notice."""
    opened_generation: Mapped[int] = mapped_column(server_default="0")
    """The sign-in link used last: each works once."""
    created_at: Mapped[datetime]
    joined_at: Mapped[datetime | None]

    __table_args__ = (
        sa.CheckConstraint("status in ('applicant', 'active', 'paused', 'erased')", name="status"),
        sa.Index("ix_member_unconfirmed", "created_at", postgresql_where=sa.text("status = 'applicant'")),
    )


class Consent(Base):
    """One purpose a person consented to, with the version and language of the text that was read."""

    __tablename__ = "consent"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(sa.ForeignKey("registration.member.id"), index=True)
    purpose: Mapped[str]
    text_version: Mapped[str]
    language: Mapped[str]
    source: Mapped[str]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Panel(Base):
    """The panel's size, in one row whose lock serialises joins."""

    __tablename__ = "panel"

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]

    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)


class Threshold(Base):
    """An announced panel size."""

    __tablename__ = "threshold"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(unique=True)
    role: Mapped[str]
    reached_at: Mapped[datetime | None]


class Margins(Base):
    """The population the panel is compared with, as published."""

    __tablename__ = "margins"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    year: Mapped[int]
    bands: Mapped[list[dict[str, object]]] = mapped_column(JSONB)
    margins: Mapped[list[dict[str, object]]] = mapped_column(JSONB)


class ErasureReceipt(Base):
    """A service's word that it has erased a person."""

    __tablename__ = "erasure_receipt"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime]


metadata = Base.metadata
