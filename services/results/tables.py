"""Tables of the schema ``results``."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.results.domain import Counted
from shared.database import COLUMN_TYPES, NAMING, Typed
from shared.events.questionnaire import Questionnaire
from shared.events.registration import AgeBand, AreaMargin, Margin
from shared.events.surveys import StratumCount, TextCorrection


class Base(DeclarativeBase):
    """Everything in the schema ``results``."""

    metadata = sa.MetaData(schema="results", naming_convention=NAMING)
    type_annotation_map = COLUMN_TYPES


class Survey(Base):
    """A survey as it was asked, and how many took part."""

    __tablename__ = "survey"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    questionnaire: Mapped[Questionnaire | None] = mapped_column(Typed(Questionnaire))
    opened_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    """The first instant at which answers are refused by plan."""
    closed_at: Mapped[datetime | None]
    invited: Mapped[int | None]
    answered: Mapped[int | None]
    released: Mapped[int | None]
    """Answers that will arrive; None until the survey has closed."""
    strata: Mapped[tuple[StratumCount, ...] | None] = mapped_column(Typed(tuple[StratumCount, ...]))
    corrections: Mapped[tuple[TextCorrection, ...]] = mapped_column(
        Typed(tuple[TextCorrection, ...]), server_default=sa.text("'[]'")
    )
    """Texts corrected while it was open, oldest first."""
    asks: Mapped[str] = mapped_column(server_default="everybody")
    """``everybody``, ``some`` (a filter) or ``sample``."""
    meeting: Mapped[dict[str, str] | None]
    """{"meeting_id", "group", "wave"} of one that evaluates a meeting."""
    sample: Mapped[dict[str, object] | None]
    """{"rule", "seed", "pool_hash", "pool", "capped", "drawn"} of a survey whose people were drawn."""


def asked_in(survey: Survey) -> Questionnaire:
    """What the survey asked; raises LookupError while SurveyOpened has not come (its answers or end may come first)."""
    if survey.questionnaire is None:
        raise LookupError(f"what survey {survey.id} asked is not known yet")
    return survey.questionnaire


def title_of(survey: Survey) -> str:
    """The survey's title in Bokmål, as lists for staff say it; empty while SurveyOpened has not come."""
    return survey.questionnaire.title.nb if survey.questionnaire else ""


class Publication(Base):
    """A published result as it was counted then: later answers change nothing."""

    __tablename__ = "publication"

    survey_id: Mapped[UUID] = mapped_column(sa.ForeignKey("results.survey.id"), primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    finding: Mapped[dict[str, str]]
    """The finding in one sentence, by language."""
    counted: Mapped[tuple[Counted, ...]] = mapped_column(Typed(tuple[Counted, ...]))
    """Each question's totals, with the passages staff chose."""
    participants: Mapped[dict[str, Any]]
    """Shares of those who took part against the population: {"gender": [...], "band": [...]}."""
    changes: Mapped[list[Any]] = mapped_column(server_default=sa.text("'[]'"))
    """Of the survey of those who were at a meeting: what changed from before to after it, as `changes_of` has it."""
    arrived: Mapped[int]
    """Answers counted; fewer than released when staff went on without the rest."""
    published_at: Mapped[datetime]


class Answer(Base):
    """A released answer: random id, merged cell, no person and no time."""

    __tablename__ = "answer"

    survey_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    strata: Mapped[dict[str, object]]
    answers: Mapped[dict[str, Any]]


class Population(Base):
    """Copy of the population's margins."""

    __tablename__ = "population"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    year: Mapped[int]
    bands: Mapped[tuple[AgeBand, ...]] = mapped_column(Typed(tuple[AgeBand, ...]))
    margins: Mapped[tuple[Margin, ...]] = mapped_column(Typed(tuple[Margin, ...]))
    areas: Mapped[tuple[AreaMargin, ...]] = mapped_column(Typed(tuple[AreaMargin, ...]), server_default="[]")
    """Empty before areas are named."""
    area_source: Mapped[str] = mapped_column(server_default="")
    """Where the areas' figures come from; shown wherever they are."""


class Suggestion(Base):
    """A matter a resident raised. The sender's address is not here: notifications knows it by the id."""

    __tablename__ = "suggestion"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str]
    language: Mapped[str]
    heading: Mapped[str | None]
    """As the resident wrote it, like the four texts below; removed some time after the answer."""
    text: Mapped[str | None]
    removed: Mapped[str | None]
    """What was cut from a letter because it quotes us: staff see it on demand, in case it was the resident's own."""
    place: Mapped[str | None]
    why: Mapped[str | None]
    wants_answer: Mapped[bool]
    """There is an address to answer to."""
    attachments_refused: Mapped[int] = mapped_column(server_default="0")
    registered_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default="new")
    """``new``, ``considered``, ``answered``, ``forwarded``, ``merged`` or ``declined``."""
    public_heading: Mapped[str | None]
    """The wording staff approved for the public page."""
    public_text: Mapped[str | None]
    slug: Mapped[str | None] = mapped_column(unique=True)
    """Set while the matter is public."""
    forwarded_to: Mapped[str | None]
    merged_into: Mapped[UUID | None]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None] = mapped_column(index=True)
    generation: Mapped[int] = mapped_column(server_default="0")
    """Raised for every mail to the sender."""

    __table_args__ = (
        sa.CheckConstraint(
            "state in ('new', 'considered', 'answered', 'forwarded', 'merged', 'declined')", name="state"
        ),
    )


class FollowUp(Base):
    """What a result, a meeting or a suggestion led to."""

    __tablename__ = "follow_up"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    about: Mapped[str]
    """``survey``, ``meeting`` or ``suggestion``."""
    about_id: Mapped[UUID] = mapped_column(index=True)
    slug: Mapped[str]
    done: Mapped[dict[str, str]]
    done_on: Mapped[date]
    link: Mapped[str | None]
    recorded_at: Mapped[datetime]


class Meeting(Base):
    """Copy: a meeting's public facts."""

    __tablename__ = "meeting"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str | None]
    heading: Mapped[str | None]
    starts_at: Mapped[datetime | None]
    status: Mapped[str | None]
    attended: Mapped[int | None]
    minutes_at: Mapped[datetime | None]


metadata = Base.metadata
