"""Who was asked, before a draw, whether to be in it."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.meetings.tables.base import Base
from services.meetings.tables.meetings import Meeting


class Called(Base):
    """One member was asked by a meeting's call; its id is that of the mail's link."""

    __tablename__ = "called"
    __table_args__ = (
        sa.UniqueConstraint("meeting_id", "member_id"),
        sa.CheckConstraint("state in ('asked', 'yes', 'no')", name="state"),
        sa.CheckConstraint("answer is null or state = 'yes'", name="answer"),
        sa.Index(None, "member_id"),
        sa.Index(None, "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    meeting_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Meeting.id))
    member_id: Mapped[UUID | None]
    """None once the person has been erased; the row stays as a count."""
    state: Mapped[str]
    """``asked`` until it is ``yes`` or ``no``, which may change until the call is over."""
    answer: Mapped[str | None]
    """With ``yes``, where the call asks something: the option chosen, empty for none of them."""
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
