"""Figures of deliveries for staff: counts that add up, and lists without persons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.tables import Contact, Letter, Meeting, Member, Message, Sending, Survey, to_made_up
from shared.database import Rows, count_rows


@dataclass(frozen=True)
class Line:
    """Messages of one kind about one survey or meeting (or neither)."""

    about: UUID | None
    title: str
    purpose: str
    counts: Mapping[str, int]
    """By state."""

    @property
    def created(self) -> int:
        """Every message is in exactly one state."""
        return sum(self.counts.values())


async def report(session: AsyncSession) -> list[Line]:
    """Every message ever made, by survey or meeting, kind and state."""
    about = sa.func.coalesce(Message.survey_id, Message.meeting_id).label("about")
    rows = await session.execute(
        sa.select(about, Message.purpose, Message.state, sa.func.count().label("n"))
        .where(~to_made_up())
        .group_by(about, Message.purpose, Message.state)
    )
    names = await titles(session)
    counts: dict[tuple[UUID | None, str], dict[str, int]] = {}
    for row in rows:
        counts.setdefault((row.about, row.purpose), {})[row.state] = row.n
    lines = [Line(about, names.get(about, ""), purpose, by_state) for (about, purpose), by_state in counts.items()]
    return sorted(lines, key=lambda line: (line.title, str(line.about or ""), line.purpose))


async def titles(session: AsyncSession) -> dict[UUID | None, str]:
    """Bokmål title of each survey and meeting, by id."""
    by_id: dict[UUID | None, str] = {}
    for survey in await session.scalars(sa.select(Survey)):
        by_id[survey.id] = survey.questionnaire.title.nb if survey.questionnaire else "Uten tittel"
    for meeting in await session.scalars(sa.select(Meeting)):
        by_id[meeting.id] = meeting.heading or "Uten tittel"
    return by_id


def chosen(filters: Mapping[str, str]) -> list[sa.ColumnElement[bool]]:
    """Conditions of a list's filters: ``state``, ``purpose`` and ``about``."""
    conditions: list[sa.ColumnElement[bool]] = [~to_made_up()]
    if "state" in filters:
        conditions.append(Message.state == filters["state"])
    if "purpose" in filters:
        conditions.append(Message.purpose == filters["purpose"])
    if "about" in filters:
        about = UUID(filters["about"])
        conditions.append(sa.or_(Message.survey_id == about, Message.meeting_id == about))
    return conditions


def messages(filters: Mapping[str, str], order: str) -> Rows:
    """Messages as the list shows them, newest first unless ``order`` is ``oldest``."""
    by = (Message.created_at, Message.id) if order == "oldest" else (Message.created_at.desc(), Message.id.desc())
    about = sa.func.coalesce(Message.survey_id, Message.meeting_id).label("about")
    columns = (Message.id, Message.created_at, Message.purpose, about, Message.state, Message.reason, Message.tries)
    return sa.select(*columns).where(*chosen(filters)).order_by(*by)


async def decide_unknown(session: AsyncSession, ids: Sequence[UUID], state: str, reason: str) -> list[UUID]:
    """Settle these uncertain messages as ``sent``, or ``pending`` to be sent again; the ids that were uncertain."""
    rows = await session.scalars(
        sa.update(Message)
        .where(Message.id.in_(ids), Message.state == "unknown")
        .values(state=state, reason=reason, not_before=None)
        .returning(Message.id)
    )
    return list(rows)


@dataclass(frozen=True)
class Overview:
    """The state of deliveries in a few numbers."""

    counts: Mapping[str, int]
    paused: Sending | None
    """The row that says so, or None."""
    oldest_due: datetime | None
    """When the oldest message that could be sent now was made; machine time."""
    due_for_an_hour: bool
    unreachable: int
    letters: Mapping[str, int]
    """Mails that came in, by what became of them."""


async def overview(session: AsyncSession) -> Overview:
    """The overview of this moment."""
    by_state = await session.execute(
        sa.select(Message.state, sa.func.count()).where(~to_made_up()).group_by(Message.state)
    )
    letters = await session.execute(sa.select(Letter.outcome, sa.func.count()).group_by(Letter.outcome))
    oldest = await session.scalar(sa.select(sa.func.min(Message.created_at)).where(Message.state == "pending"))
    an_hour = sa.func.clock_timestamp() - sa.func.make_interval(0, 0, 0, 0, 1)
    late = await session.scalar(sa.select(sa.exists().where(Message.state == "pending", Message.created_at < an_hour)))
    # Somebody who has only signed up is no member, here as on the staff home.
    in_panel = sa.exists().where(Member.id == Contact.member_id, Member.status != "left")
    unreachable = sa.select(Contact).where(Contact.unreachable.is_not(None), ~Contact.synthetic, in_panel)
    return Overview(
        counts={row[0]: row[1] for row in by_state},
        paused=await session.scalar(sa.select(Sending).where(Sending.paused)),
        oldest_due=oldest,
        due_for_an_hour=bool(late),
        unreachable=await count_rows(session, unreachable),
        letters={row[0]: row[1] for row in letters},
    )
