"""A person: sign-up, member, consents, sessions, what was asked for and done."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from services.registration.tables.base import Base
from shared.database import CLOCK

#: Statuses of those who have confirmed and not left; a made-up resident has another.
IN_PANEL = ("active", "paused")


class Member(Base):
    """A person from the first sign-up on; blanked at erasure, the id stays as a tombstone."""

    __tablename__ = "member"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[str]
    name: Mapped[str | None]
    email: Mapped[str | None]
    email_key: Mapped[str | None] = mapped_column(unique=True)
    """The address as it is compared (``shared.addresses.address_key``)."""
    address_number: Mapped[int] = mapped_column(server_default="1")
    """Raised for every new address: what notifications says of the one before is told apart by it."""
    year_of_birth: Mapped[int | None]
    gender: Mapped[str | None]
    area: Mapped[str | None]
    """The postcode. Others get the area it lies in by the scheme in force, never the postcode."""
    declared_resident_at: Mapped[datetime | None]
    own_answers: Mapped[list[str]] = mapped_column(server_default="{}")
    """What the member chose to tell, ``question:option`` of the profile's own questions; nobody else gets it."""
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

    @hybrid_property
    def in_panel(self) -> bool:
        """Whether the person has confirmed and has not left: who counts, is drawn and is listed."""
        return self.status in IN_PANEL

    @in_panel.inplace.expression
    @classmethod
    def _in_panel(cls) -> sa.ColumnElement[bool]:
        return cls.status.in_(IN_PANEL)

    @property
    def takes_part(self) -> bool:
        """Whether the own page is theirs; counts and lists ask for statuses, and never for made-up residents'."""
        return self.status in (*IN_PANEL, "synthetic")

    __table_args__ = (
        sa.CheckConstraint("status in ('applicant', 'active', 'paused', 'synthetic', 'erased')", name="status"),
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
    own_answers: Mapped[list[str]] = mapped_column(server_default="{}")
    text_version: Mapped[str]
    channel: Mapped[str | None]
    signed_up_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(server_default="form")
    """Where the consents come from: ``form``, or how the person asked staff to fill it in."""


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
    signed_in_at: Mapped[datetime] = mapped_column(server_default=CLOCK)


class SignInAsked(Base):
    """An address a sign-in link was asked for, a member's or not, for an hour."""

    __tablename__ = "sign_in_asked"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    email_key: Mapped[str] = mapped_column(index=True)
    known: Mapped[bool]
    sent: Mapped[bool | None]
    asked_at: Mapped[datetime] = mapped_column(server_default=CLOCK)


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


class OnBehalf(Base):
    """What staff did for a member who asked by phone or on paper, and why."""

    __tablename__ = "on_behalf"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(sa.ForeignKey("registration.member.id"), index=True)
    done_at: Mapped[datetime]
    done_by: Mapped[str]
    what: Mapped[list[str]]
    """``registered``, or codes of ``on_behalf.domain.changes``."""
    how: Mapped[str]
    note: Mapped[str]
