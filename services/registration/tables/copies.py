"""Copies of other services' facts, for the own page and the front page."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registration.tables.base import Base


class Survey(Base):
    """Copy: a survey's title, and whom it asks of those who join while it is open."""

    __tablename__ = "survey"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[dict[str, str]]
    closes_at: Mapped[datetime]
    paused: Mapped[bool] = mapped_column(server_default=sa.false())
    new_members: Mapped[str] = mapped_column(server_default="some")
    """``all``, ``some`` or ``none`` of them."""


class Asked(Base):
    """Copy: a member was asked in a survey, and whether they took part; never what they answered."""

    __tablename__ = "asked"
    invitation_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(index=True)
    survey_id: Mapped[UUID]
    answered_at: Mapped[datetime | None]


class Spared(Base):
    """Copy: a survey was for a member, and others were drawn."""

    __tablename__ = "spared"
    candidate_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(index=True)
    survey_id: Mapped[UUID]
    reason: Mapped[str]
    """``spared``, or ``capped``: asked often enough lately."""


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


class DrawProof(Base):
    """Copy: what shows a member to have been in a draw's pool."""

    __tablename__ = "draw_proof"
    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(index=True)
    meeting_id: Mapped[UUID]
    proof: Mapped[dict[str, object]] = mapped_column(JSONB)
    """The file `services.meetings.verify` checks."""


class PublishedResult(Base):
    """Copy: a public result, for the front page."""

    __tablename__ = "published_result"
    survey_id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str]
    heading: Mapped[dict[str, str] | None]
    finding: Mapped[dict[str, str] | None]
    picture: Mapped[dict[str, str] | None]
    """The question its picture is of; None without a picture."""
    published_at: Mapped[datetime]


class FollowUp(Base):
    """Copy: what a result led to, for the front page."""

    __tablename__ = "follow_up"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    about_id: Mapped[UUID] = mapped_column(index=True)
    done: Mapped[dict[str, str]]
    done_on: Mapped[str]


class PlannedDate(Base):
    """Copy: one date of a survey, a meeting or a result, for the calendar of staff."""

    __tablename__ = "planned_date"
    service: Mapped[str] = mapped_column(primary_key=True)
    dates_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    until: Mapped[datetime | None]
    title: Mapped[str]
    page: Mapped[str]


class CalendarFeed(Base):
    """The secret address under which a member of staff takes the calendar along; only the secret's hash."""

    __tablename__ = "calendar_feed"
    subject: Mapped[str] = mapped_column(primary_key=True)
    """Who, as the sign-in names them."""
    digest: Mapped[str] = mapped_column(unique=True)
    seen_at: Mapped[datetime]
    """When its holder last opened the calendar page."""
