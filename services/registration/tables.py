"""Tables of the schema ``registration``."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.database import NAMING

_Time = sa.DateTime(timezone=True)
_CLOCK = sa.text("clock_timestamp()")


class Base(DeclarativeBase):
    """Everything in the schema ``registration``."""

    metadata = sa.MetaData(schema="registration", naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: _Time,
        str: sa.Text,
        list[str]: ARRAY(sa.Text),
        dict[str, str]: JSONB,
    }


class Member(Base):
    """A person from the first sign-up on; blanked at erasure, the id stays as a tombstone."""

    __tablename__ = "member"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[str]
    name: Mapped[str | None]
    email: Mapped[str | None]
    email_key: Mapped[str | None] = mapped_column(unique=True)
    """The address as it is compared (``shared.addresses.address_key``)."""
    year_of_birth: Mapped[int | None]
    gender: Mapped[str | None]
    area: Mapped[str | None]
    """The postcode. Others get the area it lies in by the scheme in force, never the postcode."""
    declared_resident_at: Mapped[datetime | None]
    language: Mapped[str]
    source: Mapped[str]
    generation: Mapped[int] = mapped_column(server_default="1")
    """Raised for every new link or notice."""
    opened_generation: Mapped[int] = mapped_column(server_default="0")
    """The sign-in link used last: each works once."""
    signed_up_at: Mapped[datetime]
    joined_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    channel: Mapped[str | None]
    """Code of the recruitment channel the person came by."""
    unreachable_since: Mapped[datetime | None]

    __table_args__ = (
        sa.CheckConstraint("status in ('applicant', 'active', 'paused', 'erased')", name="status"),
        sa.Index("ix_member_unconfirmed", "signed_up_at", postgresql_where=sa.text("status = 'applicant'")),
    )


class SignUp(Base):
    """What was filled in for one confirmation link: the link confirms exactly this, whatever was sent after it."""

    __tablename__ = "sign_up"
    member_id: Mapped[UUID] = mapped_column(sa.ForeignKey("registration.member.id"), primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    year_of_birth: Mapped[int]
    gender: Mapped[str]
    area: Mapped[str]
    declared_resident: Mapped[bool]
    language: Mapped[str]
    purposes: Mapped[list[str]]
    text_version: Mapped[str]
    channel: Mapped[str | None]
    signed_up_at: Mapped[datetime]


class AddressChange(Base):
    """A member's new address that waits for its own confirmation; has a contact card of its own meanwhile."""

    __tablename__ = "address_change"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(sa.ForeignKey("registration.member.id"), unique=True)
    email: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(index=True)
    taken: Mapped[bool] = mapped_column(server_default="false")
    """Somebody else's: it waits like any other, so that its owner stays unknown, and no mail goes to it."""


class MemberSession(Base):
    """A resident signed in on the own page; the row's end is the session's."""

    __tablename__ = "member_session"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(index=True)
    opened_with: Mapped[UUID]
    signed_in_at: Mapped[datetime] = mapped_column(server_default=_CLOCK)


class SignInAsked(Base):
    """An address a sign-in link was asked for, a member's or not, for an hour."""

    __tablename__ = "sign_in_asked"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    email_key: Mapped[str] = mapped_column(index=True)
    known: Mapped[bool]
    sent: Mapped[bool | None]
    asked_at: Mapped[datetime] = mapped_column(server_default=_CLOCK)


class Channel(Base):
    """A way people hear of the panel; its code stands in the link or printed code they follow."""

    __tablename__ = "channel"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    made_at: Mapped[datetime]


class MemberImport(Base):
    """A file of members that staff look over or have started to take in."""

    __tablename__ = "member_import"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[str]
    rows: Mapped[int]
    bad: Mapped[list[list[object]]] = mapped_column(JSONB)
    """[line, [reason, ...]] of the first rows that cannot."""
    bad_rows: Mapped[int]
    has_consents: Mapped[bool]
    purposes: Mapped[list[str]] = mapped_column(server_default="{}")
    reference: Mapped[str | None]
    """Where the consents are kept; stands as the text's version."""
    made_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    imported: Mapped[int] = mapped_column(server_default="0")
    known: Mapped[int] = mapped_column(server_default="0")
    """Rows whose person was a member already when they came."""


class ImportRow(Base):
    """One person of a file, until taken in."""

    __tablename__ = "import_row"
    import_id: Mapped[UUID] = mapped_column(sa.ForeignKey("registration.member_import.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    shown_as: Mapped[int]
    """What staff see first: 0 letters look wrong, 1 letters beyond a-z, 2 the rest."""
    person: Mapped[dict[str, object]] = mapped_column(JSONB)


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
    area_margins: Mapped[list[dict[str, object]]] = mapped_column(JSONB, server_default="[]")
    """[{"area", "label", "population", "cells"}] of the scheme in force, as published; empty until areas are named."""


class AreaScheme(Base):
    """One version of the municipality's areas; the highest version is in force."""

    __tablename__ = "area_scheme"
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str]
    """Where the figures come from, as shown beside them."""
    areas: Mapped[list[dict[str, object]]] = mapped_column(JSONB)
    """[{"code", "label", "postcodes", "population", "cells"}], in the order they are shown."""
    set_at: Mapped[datetime]
    regrouped_after: Mapped[UUID | None]
    """Members up to this id have been told of with their area of this version."""
    regrouped_at: Mapped[datetime | None]
    """When all of them had been."""


class ErasureReceipt(Base):
    """A service's word that it has erased a person."""

    __tablename__ = "erasure_receipt"
    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime]


class DataRequest(Base):
    """A member asked for everything; what each service has answered, for some days."""

    __tablename__ = "data_request"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(unique=True)
    asked_at: Mapped[datetime]
    parts: Mapped[dict[str, object]] = mapped_column(JSONB, server_default="{}")


class Survey(Base):
    """Copy: a survey's title, for the member's own page."""

    __tablename__ = "survey"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[dict[str, str]]
    closes_at: Mapped[datetime]


class Asked(Base):
    """Copy: a member was asked in a survey, and whether they took part; never what they answered."""

    __tablename__ = "asked"
    invitation_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(index=True)
    survey_id: Mapped[UUID]
    answered_at: Mapped[datetime | None]


class Meeting(Base):
    """Copy: a meeting's name and time, for the member's own page."""

    __tablename__ = "meeting"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str]
    heading: Mapped[str]
    starts_at: Mapped[datetime]
    cancelled: Mapped[bool] = mapped_column(server_default=sa.false())


class Drawn(Base):
    """Copy: a member was in the pool of a draw, and with which chance."""

    __tablename__ = "drawn"
    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(index=True)
    meeting_id: Mapped[UUID]
    chance: Mapped[float]
    drawn: Mapped[bool]


class PublishedResult(Base):
    """Copy: a public result, for the front page."""

    __tablename__ = "published_result"
    survey_id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str]
    heading: Mapped[dict[str, str] | None]
    finding: Mapped[dict[str, str] | None]
    published_at: Mapped[datetime]


class FollowUp(Base):
    """Copy: what a result led to, for the front page."""

    __tablename__ = "follow_up"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    about_id: Mapped[UUID] = mapped_column(index=True)
    done: Mapped[dict[str, str]]
    done_on: Mapped[str]


metadata = Base.metadata
