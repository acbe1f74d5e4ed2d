"""Tables of who is asked; no behaviour. Times are UTC instants of panel time."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.surveys.base import Base


class Candidate(Base):
    """One of those a sample is drawn from. An erased one keeps the fingerprint, so that the pool can be checked."""

    __tablename__ = "candidate"
    __table_args__ = (
        sa.UniqueConstraint("survey_id", "member_id"),
        sa.Index(None, "member_id"),
        sa.Index(None, "survey_id", "id"),
        sa.CheckConstraint("outcome in ('waiting', 'drawn', 'spared', 'capped')", name="outcome"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    survey_id: Mapped[UUID] = mapped_column(sa.ForeignKey("surveys.survey.id"))
    member_id: Mapped[UUID | None]
    salt: Mapped[str | None]
    """Makes the fingerprint one that nobody can guess; goes with the person."""
    leaf: Mapped[str]
    gender: Mapped[str]
    band: Mapped[str]
    area: Mapped[str | None]
    mails: Mapped[int]
    """Mails that asked the member something in the quarter before."""
    outcome: Mapped[str] = mapped_column(server_default="waiting")


class Meeting(Base):
    """Copy: what a meeting is called, to choose those who were there."""

    __tablename__ = "meeting"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    heading: Mapped[str]
    starts_at: Mapped[datetime]


class MeetingGuest(Base):
    """Copy: a member has said yes to a meeting, was at it, or is in its control group."""

    __tablename__ = "meeting_guest"
    invitation_id: Mapped[UUID] = mapped_column(primary_key=True)
    """Of ``present`` and ``control``: the place in the meeting's draw."""
    meeting_id: Mapped[UUID] = mapped_column(index=True)
    member_id: Mapped[UUID] = mapped_column(index=True)
    group: Mapped[str] = mapped_column(server_default="guest")
    """``guest``, ``present`` or ``control``."""


class AskedToMeeting(Base):
    """Copy: when a mail of meetings asked a member something; counts towards the contact cap for a quarter."""

    __tablename__ = "asked_to_meeting"
    invitation_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0 for the invitation."""
    member_id: Mapped[UUID] = mapped_column(index=True)
    asked_at: Mapped[datetime] = mapped_column(index=True)
