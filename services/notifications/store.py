"""Claims, journal and states of messages. Leases are machine time, the database's clock."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.tables import Contact, Journal, Message, Survey

_CLOCK = sa.func.clock_timestamp()


async def settle_overdue(session: AsyncSession, now: datetime) -> None:
    """What a crashed worker left: accepted -> sent; not started -> pending; started in between -> unknown.

    Urgent mail (confirmation, sign-in) is sent again: the link in it is the same. Messages past their time expire.
    """
    overdue = sa.and_(Message.state == "sending", Message.lease_until < _CLOCK)
    this_try = sa.and_(Journal.message_id == Message.id, Journal.fence == Message.fence)
    accepted = sa.exists().where(this_try, Journal.accepted_at.is_not(None))
    uncertain = sa.exists().where(this_try, Journal.accepted_at.is_(None), Journal.refused.is_(False))
    await session.execute(sa.update(Message).where(overdue, accepted).values(state="sent", lease_until=None))
    await session.execute(
        sa.update(Message)
        .where(overdue, uncertain, Message.urgent.is_(False))
        .values(state="unknown", reason="interrupted", lease_until=None)
    )
    await session.execute(sa.update(Message).where(overdue).values(state="pending", lease_until=None))
    await session.execute(
        sa.update(Message)
        .where(Message.state.in_(["waiting", "pending"]), Message.send_before <= now)
        .values(state="expired", reason="too_late")
    )


async def claim(session: AsyncSession, batch: int, lease_seconds: int) -> Sequence[Any]:
    """Claim due messages, urgent ones first; rows with card and survey. Each claim raises the fence."""
    due = (
        sa.select(Message.id)
        .where(Message.state == "pending", sa.or_(Message.not_before.is_(None), Message.not_before <= _CLOCK))
        .order_by(Message.urgent.desc(), Message.created_at)
        .limit(batch)
        .with_for_update(skip_locked=True)
    )
    claimed = await session.scalars(
        sa.update(Message)
        .where(Message.id.in_(due.scalar_subquery()))
        .values(
            state="sending",
            fence=Message.fence + 1,
            tries=Message.tries + 1,
            lease_until=_CLOCK + sa.func.make_interval(0, 0, 0, 0, 0, 0, lease_seconds),
        )
        .returning(Message.id)
    )
    ids = list(claimed)
    found = await session.execute(
        sa.select(Message, Contact, Survey)
        .join(Contact, Contact.member_id == Message.member_id)
        .outerjoin(Survey, Survey.id == Message.survey_id)
        .where(Message.id.in_(ids), Contact.email.is_not(None))
        .order_by(Message.urgent.desc(), Message.created_at)
    )
    rows = found.all()
    gone = set(ids) - {row.Message.id for row in rows}
    if gone:
        await session.execute(
            sa.update(Message)
            .where(Message.id.in_(gone))
            .values(state="no_address", reason="removed", lease_until=None)
        )
    return rows


async def start(session: AsyncSession, message_id: UUID, fence: int) -> bool:
    """Journal "started" if the claim still holds; False when another worker has it or the recipient is gone."""
    holds = await session.scalar(
        sa.select(Message.id)
        .where(
            Message.id == message_id, Message.fence == fence, Message.state == "sending", Message.lease_until > _CLOCK
        )
        .with_for_update()
    )
    if holds is None:
        return False
    await session.execute(pg_insert(Journal).values(message_id=message_id, fence=fence).on_conflict_do_nothing())
    return True


async def accept(session: AsyncSession, message_id: UUID, fence: int) -> None:
    """Journal "accepted" and mark sent, only for the claim that sent it.

    Also when the lease ran out on the way and the message was settled as unknown or due again: it did arrive.
    """
    await session.execute(
        sa.update(Journal).where(Journal.message_id == message_id, Journal.fence == fence).values(accepted_at=_CLOCK)
    )
    await session.execute(
        sa.update(Message)
        .where(Message.id == message_id, Message.fence == fence, Message.state.in_(["sending", "unknown", "pending"]))
        .values(state="sent", reason=None, lease_until=None)
    )


async def refuse(
    session: AsyncSession, message_id: UUID, fence: int, *, state: str, reason: str, wait: int = 0
) -> None:
    """A certain "no": failed for good, or pending again after ``wait`` seconds."""
    await session.execute(
        sa.update(Journal).where(Journal.message_id == message_id, Journal.fence == fence).values(refused=True)
    )
    later = _CLOCK + sa.func.make_interval(0, 0, 0, 0, 0, 0, wait)
    await _mark(session, message_id, fence, state=state, reason=reason, lease_until=None, not_before=later)


async def doubt(session: AsyncSession, message_id: UUID, fence: int) -> None:
    """Nobody can know whether it was taken: visible as unknown, never sent again by itself."""
    await _mark(session, message_id, fence, state="unknown", reason="connection_lost", lease_until=None)


async def _mark(session: AsyncSession, message_id: UUID, fence: int, **values: Any) -> None:
    await session.execute(
        sa.update(Message)
        .where(Message.id == message_id, Message.fence == fence, Message.state == "sending")
        .values(**values)
    )


async def without_card(session: AsyncSession, wait_seconds: int, limit: int = 100) -> list[UUID]:
    """Members whose messages have waited this long for a card nobody asked for again yet; marks them asked."""
    waited = _CLOCK - sa.func.make_interval(0, 0, 0, 0, 0, 0, wait_seconds)
    found = await session.scalars(
        sa.update(Message)
        .where(
            Message.id.in_(
                sa.select(Message.id)
                .where(
                    Message.state == "waiting",
                    Message.asked_for_card.is_(False),
                    Message.created_at < waited,
                    ~sa.exists().where(Contact.member_id == Message.member_id),
                )
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
        )
        .values(asked_for_card=True)
        .returning(Message.member_id)
    )
    return sorted({member_id for member_id in found if member_id is not None})


async def report(session: AsyncSession) -> Sequence[Any]:
    """Messages per (survey or None, purpose, state): the states always add up to what was created."""
    found = await session.execute(
        sa.select(Message.survey_id, Message.purpose, Message.state, sa.func.count().label("n"))
        .group_by(Message.survey_id, Message.purpose, Message.state)
        .order_by(Message.purpose, Message.state)
    )
    return found.all()
