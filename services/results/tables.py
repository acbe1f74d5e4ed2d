"""Tables of the schema ``results``."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.database import NAMING


class Base(DeclarativeBase):
    """Everything in the schema ``results``."""

    metadata = sa.MetaData(schema="results", naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012
        datetime: sa.DateTime(timezone=True),
        str: sa.Text,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


class Survey(Base):
    """A survey as it was asked, how many took part, and what became public."""

    __tablename__ = "survey"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    questionnaire: Mapped[dict[str, Any] | None]
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    invited: Mapped[int | None]
    answered: Mapped[int | None]
    released: Mapped[int | None]
    """Answers that will arrive; None until the survey has closed."""
    strata: Mapped[list[Any] | None]
    slug: Mapped[str | None] = mapped_column(unique=True)
    finding: Mapped[str | None]
    passages: Mapped[dict[str, Any] | None]
    """Question id -> passages staff chose to publish."""
    arrived_at_publication: Mapped[int | None]
    published_at: Mapped[datetime | None]


class Answer(Base):
    """A released answer: random id, merged cell, no person and no time."""

    __tablename__ = "answer"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    survey_id: Mapped[UUID] = mapped_column(index=True)
    strata: Mapped[dict[str, Any]]
    answers: Mapped[dict[str, Any]]


class Population(Base):
    """Copy of the population's margins."""

    __tablename__ = "population"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    year: Mapped[int]
    bands: Mapped[list[Any]]
    margins: Mapped[list[Any]]


metadata = Base.metadata
