"""Tables of the schema ``surveys``; no behaviour. Times are UTC instants of panel time."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

import services.surveys.audience.tables  # noqa: F401 - tables of the same schema
from services.surveys.audience.domain import Audience, Sample
from services.surveys.base import Base
from shared.database import Typed
from shared.events.questionnaire import Questionnaire
from shared.events.registration import AgeBand, Margin
from shared.events.surveys import TextCorrection

metadata = Base.metadata


class Member(Base):
    """Copy of registration's fact: who is in the panel, by strata, status and purposes."""

    __tablename__ = "member"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    year_of_birth: Mapped[int]
    gender: Mapped[str]
    area: Mapped[str | None]
    """The named group of postcodes the member lives in; None outside every area."""
    purposes: Mapped[list[str]]
    status: Mapped[str]
    """``active``, ``paused``, or ``unreachable`` while mail to the member comes back."""
    joined_at: Mapped[datetime]
    language: Mapped[str | None]
    """``nb``, ``nn`` or ``en``; None until a release that tells it has told of the member."""


class ErasedMember(Base):
    """Tombstone: nothing about this id is stored again."""

    __tablename__ = "erased_member"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime]


class Margins(Base):
    """Copy of the age bands that come with the population's margins."""

    __tablename__ = "margins"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    year: Mapped[int]
    bands: Mapped[tuple[AgeBand, ...]] = mapped_column(Typed(tuple[AgeBand, ...]))
    """From young to old."""
    areas: Mapped[list[Any]] = mapped_column(server_default=sa.text("'[]'"))
    """[{"code", "name", "population", "cells": [{"gender", "band", "population"}]}] of the areas staff have named."""
    population: Mapped[tuple[Margin, ...]] = mapped_column(Typed(tuple[Margin, ...]), server_default=sa.text("'[]'"))


class Threshold(Base):
    """Copy of an announced panel size."""

    __tablename__ = "threshold"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    size: Mapped[int]
    role: Mapped[str]
    """Empty while only PanelThresholdReached has arrived."""
    reached_at: Mapped[datetime | None]


class Survey(Base):
    """One questionnaire asked once, from plan to release."""

    __tablename__ = "survey"
    __table_args__ = (
        sa.CheckConstraint("state in ('planned', 'open', 'paused', 'ended', 'closed', 'cancelled')", name="state"),
        sa.CheckConstraint("state != 'ended' or release_at is not null", name="ended"),
        sa.CheckConstraint("opens in ('now', 'date', 'threshold')", name="opens"),
        sa.CheckConstraint("(opens = 'threshold') = (threshold_size is not null)", name="threshold"),
        sa.CheckConstraint("state in ('planned', 'cancelled') or opened_at is not null", name="opened"),
        sa.Index(
            "ix_survey_unfinished", "state", postgresql_where=sa.text("state in ('planned', 'open', 'paused', 'ended')")
        ),
        sa.Column("planned_by", sa.Text(), server_default="", nullable=False),
    )
    #: Not mapped, so that no statement names it: migration 0014 says why, and when the column goes.
    __mapper_args__ = {"exclude_properties": ("planned_by",)}  # noqa: RUF012 - as SQLAlchemy declares it
    id: Mapped[UUID] = mapped_column(primary_key=True)
    questionnaire_id: Mapped[str]
    version: Mapped[int]
    questionnaire: Mapped[Questionnaire] = mapped_column(Typed(Questionnaire))
    """The questionnaire: as planned until opening; from then on only typos in its texts change."""
    corrected: Mapped[int] = mapped_column(server_default=sa.text("0"))
    """How often its texts have been corrected since it opened."""
    corrections: Mapped[tuple[TextCorrection, ...]] = mapped_column(
        Typed(tuple[TextCorrection, ...]), server_default=sa.text("'[]'")
    )
    """[{"corrected_at", "answered", "changes": [{"place", "language", "before", "after"}]}], oldest first."""
    state: Mapped[str]
    """``ended`` takes no answers and may be opened again; in ``closed`` the answers have left."""
    opens: Mapped[str]
    opens_at: Mapped[datetime | None]
    threshold_size: Mapped[int | None]
    opened_at: Mapped[datetime | None]
    closes_at: Mapped[datetime]
    """The first instant at which answers are refused."""
    reminder_at: Mapped[datetime | None]
    """When the next reminder goes; None without any."""
    reminder: Mapped[int] = mapped_column(server_default=sa.text("1"))
    """Its number."""
    again_after: Mapped[int | None]
    """Days from the first reminder to the second; None for one reminder."""
    remind_from: Mapped[int] = mapped_column(server_default=sa.text("9"))
    remind_to: Mapped[int] = mapped_column(server_default=sa.text("20"))
    """Reminders go on working days from the one hour on and before the other."""
    remind_until_enough: Mapped[bool] = mapped_column(server_default=sa.false())
    """A stratum that has as many answers as aimed at is not reminded."""
    remind_skips: Mapped[list[Any] | None]
    """[gender, band] of those strata, counted when this reminder began."""
    soft_size: Mapped[int | None]
    """How many get it first; None for everybody at once."""
    soft: Mapped[bool] = mapped_column(server_default=sa.false())
    """It is open to those first ones alone."""
    invites_new: Mapped[bool] = mapped_column(server_default=sa.false())
    """Members who join while it is open are invited too."""
    target_percent: Mapped[int] = mapped_column(server_default=sa.text("50"))
    """Share of those invited whose answers staff aim at."""
    reminded: Mapped[bool] = mapped_column(server_default=sa.false())
    """Every reminder by plan has been published."""
    remind_after: Mapped[UUID | None]
    """Invitations up to this id have been looked at; where reminding goes on, so that no batch reads the last ones."""
    inviting: Mapped[bool] = mapped_column(server_default=sa.false())
    """Open, and some members may still lack their invitation."""
    invite_after: Mapped[UUID | None]
    """Members up to this id have been looked at; where inviting goes on after a crash."""
    bands: Mapped[tuple[AgeBand, ...]] = mapped_column(Typed(tuple[AgeBand, ...]), server_default=sa.text("'[]'"))
    """Age bands fixed at opening: the order in which small cells merge."""
    bands_year: Mapped[int | None]
    """The margins' year fixed at opening; an age is this minus the year of birth."""
    cell_minimum: Mapped[int] = mapped_column(server_default=sa.text("5"))
    changed_at: Mapped[datetime | None]
    """When it last changed after opening: paused, extended, ended; None for one that has gone by plan so far."""
    closed_at: Mapped[datetime | None]
    """When it ended; None again when it is opened again."""
    release_at: Mapped[datetime | None]
    """When the answers of one that has ended leave; until then it may be opened again."""
    invited: Mapped[int | None]
    """Counts at closing."""
    answered: Mapped[int | None]
    released: Mapped[int | None]
    wave: Mapped[str | None]
    """``before`` or ``after`` the meeting whose group it asks; None of any other survey."""
    audience: Mapped[Audience] = mapped_column(Typed(Audience), server_default=sa.text("'{}'"))
    """Whom it is for; of those, it is sent to who may be asked."""
    sample_size: Mapped[int | None]
    """How many are drawn; None for everybody it is for."""
    confirmed: Mapped[int | None]
    """The number of people staff confirmed."""
    pooled: Mapped[bool] = mapped_column(server_default=sa.false())
    """With a sample: everybody it is for is a candidate."""
    sample: Mapped[Sample | None] = mapped_column(Typed(Sample))
    """How it was drawn."""
    public_key: Mapped[bytes | None]
    """The half of the survey's key pair that answers are sealed to, from its opening on; the other is no database's."""
    result_slug: Mapped[str | None]
    """Where results has published the result."""
    planned_at: Mapped[datetime]


class Invitation(Base):
    """A member is asked once per survey; says who took part, never what was answered."""

    __tablename__ = "invitation"
    __table_args__ = (
        sa.UniqueConstraint("survey_id", "member_id"),
        sa.CheckConstraint("mode in ('link', 'paper')", name="mode"),
        sa.Index(None, "member_id"),
        sa.Index("ix_invitation_unanswered", "survey_id", "id", postgresql_where=sa.text("answered_at is null")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    survey_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Survey.id))
    member_id: Mapped[UUID | None]
    """None once the person has been erased; the row stays as a count."""
    generation: Mapped[int]
    gender: Mapped[str]
    """``female``, ``male`` or ``other`` when invited."""
    band: Mapped[str]
    """Age band's code when invited; ``unknown`` without margins."""
    area: Mapped[str | None]
    """Area when invited."""
    invited_at: Mapped[datetime]
    asked_at: Mapped[list[datetime]] = mapped_column(ARRAY(sa.DateTime(timezone=True)), server_default=sa.text("'{}'"))
    """When each mail that asked went out: the invitation, then its reminders."""
    answered_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    mode: Mapped[str] = mapped_column(server_default="link")
    """How the member answers: ``link``, or ``paper`` that staff key in. It goes no further than here: one answer on
    paper among many would name its person."""
    noticed_at: Mapped[datetime | None]
    """When the notice of the public result was published."""


class FollowUpNotice(Base):
    """Word of one follow-up to one who took part; its own id is the event's subject."""

    __tablename__ = "follow_up_notice"
    __table_args__ = (sa.UniqueConstraint("invitation_id", "follow_up_id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    invitation_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Invitation.id))
    follow_up_id: Mapped[UUID]


class Draft(Base):
    """Half-finished answers of an invitation, or which answer it sent in; deleted on erasure, dropped at release."""

    __tablename__ = "resting_draft"
    __table_args__ = ({"postgresql_partition_by": "LIST (survey_id)"},)
    survey_id: Mapped[UUID] = mapped_column(primary_key=True)
    invitation_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Invitation.id), primary_key=True)
    sealed: Mapped[bytes]
    """{"answers": ..., "typed": question id -> what is no answer yet, so that going back loses nothing}; once sent in,
    {"response": the answer's id} alone; and all three while it is being changed."""
    page: Mapped[int] = mapped_column(server_default=sa.text("1"))


class PageCount(Base):
    """How often something happened on a page, over all people: no person, no time, and stored only for a handful."""

    __tablename__ = "page_count"
    survey_id: Mapped[UUID] = mapped_column(primary_key=True)
    page: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    what: Mapped[str] = mapped_column(primary_key=True)
    """``shown``, ``sent``, ``faulty``, ``stopped``, or ``took.<seconds at most>``."""
    number: Mapped[int]


class Response(Base):
    """A resting answer: no time, no sequence, no invitation, nothing readable. Dropped with its table at release."""

    __tablename__ = "resting_response"
    __table_args__ = ({"postgresql_partition_by": "LIST (survey_id)"},)
    survey_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    """Random (uuid v4); the released answer gets another."""
    sealed: Mapped[bytes]
    """{"answers", "gender", "band", "area"}; a cell with one answer would name who gave it, so it is sealed too."""


class WrittenQuestionnaire(Base):
    """A questionnaire staff write in the browser; what it asks is in its versions."""

    __tablename__ = "written_questionnaire"
    __table_args__ = (
        sa.Column("begun_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("begun_by", sa.Text(), server_default="", nullable=False),
    )
    #: As ``Survey.planned_by``.
    __mapper_args__ = {"exclude_properties": ("begun_at", "begun_by")}  # noqa: RUF012 - as SQLAlchemy declares it
    id: Mapped[str] = mapped_column(primary_key=True)
    current: Mapped[int]
    """The version being worked on; undoing goes back to an earlier one."""
    ready: Mapped[int | None]
    """The version surveys can be planned with."""
    retired_at: Mapped[datetime | None]


class WrittenVersion(Base):
    """One version of it, which never changes."""

    __tablename__ = "written_version"
    questionnaire_id: Mapped[str] = mapped_column(sa.ForeignKey(WrittenQuestionnaire.id), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    based_on: Mapped[int | None]
    """The version it was made from, to which undoing goes back."""
    content: Mapped[dict[str, Any]]
    """As a questionnaire file holds it; may lack texts until it is ready."""
    saved_at: Mapped[datetime]
    saved_by: Mapped[str]
