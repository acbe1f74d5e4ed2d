"""Members, the population, meetings and their invitations."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.meetings.tables.base import Base
from shared.database import Typed
from shared.events.registration import AgeBand, AreaMargin, Margin


class Member(Base):
    """Copy of a member's strata and purposes, or the tombstone of an erased one."""

    __tablename__ = "member"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    erased: Mapped[bool] = mapped_column(server_default="false")
    status: Mapped[str | None]
    """``active``, ``paused``, or ``unreachable`` while mail to the member comes back."""
    year_of_birth: Mapped[int | None]
    gender: Mapped[str | None]
    area: Mapped[str | None]
    """The named group of postcodes the member lives in; None outside every area."""
    purposes: Mapped[list[str] | None]


class Margins(Base):
    """Copy of the population by gender and age band, and the bands."""

    __tablename__ = "margins"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    year: Mapped[int]
    bands: Mapped[tuple[AgeBand, ...]] = mapped_column(Typed(tuple[AgeBand, ...]))
    """From young to old."""
    population: Mapped[tuple[Margin, ...]] = mapped_column(Typed(tuple[Margin, ...]))
    areas: Mapped[tuple[AreaMargin, ...]] = mapped_column(Typed(tuple[AreaMargin, ...]), server_default="[]")
    """Empty before areas are named."""
    area_source: Mapped[str] = mapped_column(server_default="")
    """Where the areas' figures come from; shown wherever they are."""


class Meeting(Base):
    """A meeting from its announcement to its minutes. Its row lock serialises seats."""

    __tablename__ = "meeting"
    __table_args__ = (
        sa.CheckConstraint("state in ('announced', 'drawn', 'held', 'minuted', 'cancelled')", name="state"),
        sa.CheckConstraint("seats > 0", name="seats"),
        sa.CheckConstraint("reply_by < starts_at and starts_at < ends_at", name="times"),
        sa.CheckConstraint("state in ('announced', 'cancelled') or drawn_at is not null", name="drawn"),
        sa.Index("ix_meeting_drawn", "state", postgresql_where=sa.text("state = 'drawn'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]
    heading: Mapped[str]
    purpose: Mapped[str]
    agenda: Mapped[str]
    """Markdown."""
    place: Mapped[str]
    served: Mapped[str]
    """What is served or paid, one sentence; may be empty."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    seats: Mapped[int]
    reply_by: Mapped[datetime]
    """The first instant at which an unanswered invitation of the draw has lapsed."""
    stop_hours: Mapped[int]
    """No replacement is drawn later than this many hours before the meeting starts."""
    version: Mapped[int] = mapped_column(server_default=sa.text("0"))
    """Raised when time or place changes, for calendars."""
    seed: Mapped[str]
    """Made by the server; decides who replaces whom. Public after the draw, its SHA-256 before."""
    quotas: Mapped[list[Any] | None]
    """Of draws made before quotas had a least and a most."""
    limits: Mapped[list[Any] | None]
    """[{"feature", "value", "least", "most"}] set by hand; None follows the population."""
    rest_days: Mapped[int] = mapped_column(server_default=sa.text("0"))
    """Members asked to a meeting within so many days before the draw are not in its pool."""
    by_hand: Mapped[bool] = mapped_column(server_default=sa.false())
    call: Mapped[dict[str, Any] | None]
    """The newest call for volunteers, if there is one: {"question", "options", "only": {"gender", "band", "area"}};
    those who said yes are the pool. No question is "", an empty list of ``only`` is everybody. "told" is there when it
    ended early: until when people were told that they could answer."""
    called_until: Mapped[datetime | None]
    """The first instant at which the call takes no answer."""
    calling: Mapped[UUID | None]
    """While the call goes out: members up to this id have been looked at."""
    bands: Mapped[list[str] | None]
    """Age bands of the draw from young to old."""
    draw_id: Mapped[UUID | None]
    drawn_at: Mapped[datetime | None]
    list_asked_at: Mapped[datetime | None]
    """When it was settled who is asked to the waiting list beside those drawn; nobody, where enough come."""
    method: Mapped[str | None]
    protocol: Mapped[list[Any] | None]
    """Counts and chances by value, never persons: [{"feature", "value", "words", "label", "least", "most", "pool",
    "drawn", "lowest", "highest"}]."""
    attended: Mapped[int | None]
    held_at: Mapped[datetime | None]
    minutes: Mapped[str | None]
    """Markdown; public when ``minuted_at`` is set."""
    minuted_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    announced_at: Mapped[datetime]


class Invitation(Base):
    """One person is asked to one meeting; always in exactly one state."""

    __tablename__ = "invitation"
    __table_args__ = (
        sa.UniqueConstraint("meeting_id", "member_id"),
        sa.UniqueConstraint("meeting_id", "code"),
        sa.UniqueConstraint("replaces"),
        sa.Index(None, "member_id"),
        sa.CheckConstraint(
            "state in ('invited', 'reserve', 'waiting', 'accepted', 'declined', 'lapsed', 'withdrawn', 'released', "
            "'ended')",
            name="state",
        ),
        sa.CheckConstraint("(state in ('invited', 'reserve')) = (settled_at is null)", name="settled"),
        sa.CheckConstraint("needs is null or state = 'accepted'", name="needs"),
        sa.Index("ix_invitation_unanswered", "reply_by", postgresql_where=sa.text("state = 'invited'")),
        sa.Index("ix_invitation_list", "reply_by", postgresql_where=sa.text("state = 'reserve'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    meeting_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Meeting.id))
    member_id: Mapped[UUID | None]
    """None once the person has been erased; the row stays as a count."""
    state: Mapped[str]
    """``reserve``: asked to the waiting list; a yes makes it ``waiting`` until it is ``accepted`` or ``released``.

    ``withdrawn``: a yes taken back, or the person left, paused or ended consent; ``ended``: meeting cancelled.
    """
    had_seat: Mapped[bool] = mapped_column(server_default="true")
    """It holds a seat or held one; False of those asked to the waiting list until they get one."""
    unreached: Mapped[bool] = mapped_column(server_default="false")
    """It lapsed because its mail came back."""
    gender: Mapped[str]
    band: Mapped[str]
    area: Mapped[str | None]
    answer: Mapped[str | None]
    """To the question of the meeting's call; None where there was none."""
    code: Mapped[str]
    """What the person shows at the door, so that attendance needs no names."""
    generation: Mapped[int]
    replaces: Mapped[UUID | None]
    reply_by: Mapped[datetime]
    invited_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    """When it was answered or its time was over, or last changed since."""
    reminded_at: Mapped[datetime | None]
    attended: Mapped[bool | None]
    needs: Mapped[list[str] | None]
    """Practical needs: codes, and last what was written; removed after the meeting."""


class Notice(Base):
    """Word of something about a meeting to one person; its id is the event's subject."""

    __tablename__ = "notice"
    __table_args__ = (sa.UniqueConstraint("invitation_id", "follow_up_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    invitation_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Invitation.id), index=True)
    follow_up_id: Mapped[UUID | None]


class FollowUp(Base):
    """Copy: what a meeting led to."""

    __tablename__ = "follow_up"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    meeting_id: Mapped[UUID] = mapped_column(index=True)
    done: Mapped[dict[str, str]]
    """By language code."""
    done_on: Mapped[str]


class Evaluation(Base):
    """A survey that one of a meeting's groups is asked; its id is the survey's."""

    __tablename__ = "evaluation"
    __table_args__ = (sa.UniqueConstraint("meeting_id", "group", "wave"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    meeting_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Meeting.id))
    group: Mapped[str]
    """``guest`` (has said yes), ``present`` or ``control``."""
    wave: Mapped[str]
    """``before`` or ``after``."""
    compared: Mapped[bool]
    members: Mapped[int]
    closes_at: Mapped[datetime]
    asked_at: Mapped[datetime]


class AskedInSurvey(Base):
    """Copy: when a mail of surveys asked a member something; counts towards the contact cap for a quarter."""

    __tablename__ = "asked_in_survey"

    invitation_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0 for the invitation, then its reminders."""
    member_id: Mapped[UUID] = mapped_column(index=True)
    asked_at: Mapped[datetime] = mapped_column(index=True)
