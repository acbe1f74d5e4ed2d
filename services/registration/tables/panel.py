"""The panel: its size, what it is compared with, how people come to it."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registration.tables.base import Base
from shared.database import Typed
from shared.events.registration import AgeBand, AreaMargin, Margin


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
    members_before: Mapped[int] = mapped_column(server_default="0")
    """Rows of members, which are left alone."""
    has_consents: Mapped[bool]
    purposes: Mapped[list[str]] = mapped_column(server_default="{}")
    reference: Mapped[str | None]
    """Where the consents are kept; stands as the text's version."""
    welcome: Mapped[bool] = mapped_column(server_default=sa.false())
    """Each person gets a mail of welcome."""
    made_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    imported: Mapped[int] = mapped_column(server_default="0")
    known: Mapped[int] = mapped_column(server_default="0")
    """Rows whose person became a member in another way after the file was looked over."""


class ImportRow(Base):
    """One person of a file, until taken in."""

    __tablename__ = "import_row"
    import_id: Mapped[UUID] = mapped_column(sa.ForeignKey("registration.member_import.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    shown_as: Mapped[int]
    """What staff see first: 0 letters look wrong, 1 letters beyond a-z, 2 the rest."""
    person: Mapped[dict[str, object]] = mapped_column(JSONB)


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
    bands: Mapped[tuple[AgeBand, ...]] = mapped_column(Typed(tuple[AgeBand, ...]))
    margins: Mapped[tuple[Margin, ...]] = mapped_column(Typed(tuple[Margin, ...]))
    figures: Mapped[str | None]
    """The same by single year of age, as ``ssb_file.packed`` writes them; None when an older release kept the row."""
    area_margins: Mapped[tuple[AreaMargin, ...]] = mapped_column(Typed(tuple[AreaMargin, ...]), server_default="[]")
    """Of the scheme in force, as published; empty until areas are named."""


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
    """Members up to this id have been published with their area of this version."""
    regrouped_at: Mapped[datetime | None]
    """When all of them had been."""
