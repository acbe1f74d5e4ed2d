"""Tables of the schema ``meetings``."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.database import NAMING


class Base(DeclarativeBase):
    """Everything in the schema ``meetings``."""

    metadata = sa.MetaData(schema="meetings", naming_convention=NAMING)
    type_annotation_map = {str: sa.Text, list[str]: ARRAY(sa.Text)}  # noqa: RUF012


class Member(Base):
    """Copy of a member's strata and purposes, or the tombstone of an erased one."""

    __tablename__ = "member"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    erased: Mapped[bool] = mapped_column(server_default="false")
    status: Mapped[str | None]
    year_of_birth: Mapped[int | None]
    gender: Mapped[str | None]
    area: Mapped[str | None]
    purposes: Mapped[list[str] | None]


metadata = Base.metadata
