"""Draws, their pools, and what each in a pool was told."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.meetings.tables.base import Base
from services.meetings.tables.meetings import Meeting


class Draw(Base):
    """One draw of a meeting, from the wish for it to its outcome; what was committed to never changes.

    ``preparing`` until its tickets are made (or it is ``infeasible``), ``ready`` while staff look it over,
    ``committed`` once announced, until public randomness has picked a ticket; of those, ``cancelled`` ones stay public.
    """

    __tablename__ = "draw"
    __table_args__ = (
        sa.CheckConstraint(
            "state in ('preparing', 'ready', 'committed', 'infeasible', 'drawn', 'cancelled')", name="state"
        ),
        sa.CheckConstraint("(state in ('committed', 'drawn')) <= (root is not null)", name="committed"),
        sa.CheckConstraint("(state = 'drawn') = (ticket is not null)", name="drawn"),
        sa.Index("ix_draw_preparing", "id", postgresql_where=sa.text("state = 'preparing'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    meeting_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Meeting.id), index=True)
    state: Mapped[str]
    seats: Mapped[int]
    limits: Mapped[list[Any]]
    """[{"feature", "value", "least", "most"}]: the quotas every ticket keeps."""
    left_out: Mapped[dict[str, int]] = mapped_column(JSONB)
    """Why members are not in the pool -> how many."""
    method: Mapped[str]
    announced: Mapped[dict[str, Any] | None]
    """The kind of public randomness, as `draw.commitment.Terms` has it."""
    salt: Mapped[str | None]
    """Hides the full part from guessing."""
    secret: Mapped[str | None]
    """Of a draw by a seed: hashed with it, so that nobody can try seeds beforehand. Told after the draw."""
    promise: Mapped[dict[str, Any] | None]
    """What is public before the draw; `services.meetings.verify` reads it."""
    full_part: Mapped[dict[str, Any] | None]
    """Types and panels, sealed in the promise; for an auditor."""
    digest: Mapped[str | None]
    """SHA-256 (hex) of the promise."""
    program: Mapped[str | None]
    """The verifier of that time, which is the one that checks the file; None of draws made before it was kept."""
    tickets: Mapped[list[Any] | None]
    """Of draws made before promises: for each ticket the places of its people in the pool."""
    bound: Mapped[float | None] = mapped_column(sa.Double)
    """The same: no draw that keeps the quotas has a higher lowest chance."""
    root: Mapped[str | None]
    """Merkle root (SHA-256, hex) over the pool."""
    relaxed: Mapped[list[Any] | None]
    """With ``infeasible``: [{"feature", "value", "least", "most", "to_least", "to_most"}]."""
    conflicts: Mapped[list[Any] | None]
    """With ``infeasible``: quotas no group keeps together, a sentence each."""
    step: Mapped[str | None]
    """With ``preparing``: what the solver does, as `draw.model.Progress` has it."""
    done: Mapped[float | None] = mapped_column(sa.Double)
    """How much of it all is done, 0 to 1."""
    taken_until: Mapped[datetime | None]
    """A process works on it until then at least; past it the process has died, and another begins again."""
    asked_at: Mapped[datetime]
    pooled_at: Mapped[datetime | None]
    """When pool, seats and quotas were fixed; None while the job has not begun."""
    committed_at: Mapped[datetime | None]
    randomness: Mapped[str | None]
    """What was thrown, drawn or typed in public."""
    ticket: Mapped[int | None]
    drawn_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    """Why it was cancelled; public."""


class Candidate(Base):
    """One of the pool a draw committed to. An erased one keeps the fingerprint, so that the draw can be checked."""

    __tablename__ = "draw_candidate"

    draw_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Draw.id), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    """Place in the pool, from 0."""
    member_id: Mapped[UUID | None] = mapped_column(index=True)
    salt: Mapped[str | None]
    """Makes the fingerprint one that nobody can guess; goes with the person."""
    person: Mapped[str | None]
    """SHA-256 (hex) of salt and id; stays."""
    leaf: Mapped[str]
    """SHA-256 (hex) of that and the type; stays."""
    gender: Mapped[str]
    band: Mapped[str]
    area: Mapped[str]
    """Empty outside every area."""
    answer: Mapped[str | None]
    """To the question of the meeting's call; None where there was none."""


class AuditedDraw(Base):
    """The full file of a draw was given to somebody outside."""

    __tablename__ = "audited_draw"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    draw_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Draw.id), index=True)
    auditor: Mapped[str]
    """The name."""
    given_by: Mapped[str]
    given_at: Mapped[datetime]


class DrawEntry(Base):
    """A member was in the pool of a meeting's draw, with this chance."""

    __tablename__ = "draw_entry"
    __table_args__ = (
        sa.UniqueConstraint("meeting_id", "member_id"),
        sa.Index(None, "member_id"),
        sa.CheckConstraint("chance >= 0 and chance <= 1", name="chance"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    meeting_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Meeting.id))
    member_id: Mapped[UUID | None]
    """None once the person has been erased; the row stays as a count."""
    gender: Mapped[str]
    band: Mapped[str]
    area: Mapped[str | None]
    answer: Mapped[str | None]
    chance: Mapped[float] = mapped_column(sa.Double)
    drawn: Mapped[bool]
    control: Mapped[bool] = mapped_column(server_default="false")
    """In the meeting's control group: asked the same before and after it, and not invited to it any more."""
