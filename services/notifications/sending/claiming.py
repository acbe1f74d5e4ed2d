"""Claims and states of messages. Leases are machine time, the database's clock."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.kinds import codes_to_correspondents
from services.notifications.letters.mail import Mail, trial_survey
from services.notifications.messages.suppressing import suppress_needless
from services.notifications.tables import Contact, Correspondent, Journal, Meeting, Message, Sending, Survey
from shared.database import upsert

_CLOCK = sa.func.clock_timestamp()


def _seconds(number: int) -> sa.ColumnElement[timedelta]:
    return sa.func.make_interval(0, 0, 0, 0, 0, 0, number)


class Try(NamedTuple):
    """One try at one message: what the journal is about."""

    message_id: UUID
    fence: int


async def settle_overdue(session: AsyncSession, now: datetime) -> None:
    """Settle what a crashed worker left: accepted -> sent; not started -> pending; started in between -> unknown.

    Urgent mail (confirmation, sign-in) is sent again: the link in it is the same. Messages past their time expire.
    """
    overdue = sa.and_(Message.state == "sending", Message.lease_until < _CLOCK)
    this_try = sa.and_(Journal.message_id == Message.id, Journal.fence == Message.fence)
    acceptance = sa.exists().where(this_try, Journal.accepted_at.is_not(None))
    uncertain = sa.exists().where(this_try, Journal.accepted_at.is_(None), Journal.refused.is_(False))
    await session.execute(sa.update(Message).where(overdue, acceptance).values(state="sent", lease_until=None))
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


async def claim(
    session: AsyncSession, batch: int, lease_seconds: int, now: datetime, urgent: bool | None = None
) -> Sequence[Mail]:
    """Claim due messages of one lane (None is both, urgent first); rows with card and texts. None while paused.

    Each claim raises the fence. What has become needless since it was written is suppressed instead: its message and
    the reason may have been stored at the same moment, each before seeing the other.
    """
    ids = list(await session.scalars(_due(batch, now, urgent)))
    if not ids:
        return []
    await suppress_needless(session, Message.id.in_(ids))
    await session.execute(
        sa.update(Message)
        .where(Message.id.in_(ids), Message.state == "pending")
        .values(
            state="sending",
            fence=Message.fence + 1,
            tries=Message.tries + 1,
            lease_until=_CLOCK + _seconds(lease_seconds),
        )
    )
    rows = await session.execute(
        sa.select(Message, Contact, Correspondent)
        .outerjoin(Contact, Contact.member_id == Message.member_id)
        .outerjoin(
            Correspondent,
            sa.and_(Correspondent.suggestion_id == Message.subject_id, Message.purpose.in_(codes_to_correspondents())),
        )
        .where(Message.id.in_(ids), Message.state == "sending")
        .order_by(Message.urgent.desc(), Message.created_at)
    )
    mails = [Mail(*row) for row in rows]
    no_address = [mail.message.id for mail in mails if mail.address is None]
    if no_address:
        await session.execute(
            sa.update(Message)
            .where(Message.id.in_(no_address))
            .values(state="no_address", reason="removed", lease_until=None)
        )
    await _add_texts(session, mails)
    return [mail for mail in mails if mail.address is not None]


def _due(batch: int, now: datetime, urgent: bool | None) -> sa.Select[UUID]:
    lane = sa.true() if urgent is None else Message.urgent.is_(urgent)
    return (
        sa.select(Message.id)
        .where(
            Message.state == "pending",
            lane,
            ~sa.exists().where(Sending.paused),
            Message.send_before > now,
            sa.or_(Message.not_before.is_(None), Message.not_before <= _CLOCK),
        )
        .order_by(Message.urgent.desc(), Message.created_at)
        .limit(batch)
        .with_for_update(skip_locked=True)
    )


async def _add_texts(session: AsyncSession, mails: Sequence[Mail]) -> None:
    """Each survey and meeting once, however many mails are about it."""
    surveys: dict[UUID | None, Survey] = {}
    meetings: dict[UUID | None, Meeting] = {}
    if ids := {mail.message.survey_id for mail in mails if mail.message.survey_id is not None}:
        surveys = {survey.id: survey for survey in await session.scalars(sa.select(Survey).where(Survey.id.in_(ids)))}
    if ids := {mail.message.meeting_id for mail in mails if mail.message.meeting_id is not None}:
        rows = await session.scalars(sa.select(Meeting).where(Meeting.id.in_(ids)))
        meetings = {meeting.id: meeting for meeting in rows}
    for mail in mails:
        mail.survey, mail.meeting = surveys.get(mail.message.survey_id), meetings.get(mail.message.meeting_id)
        if mail.message.purpose == "survey_trial" and mail.message.content is not None:
            mail.survey = trial_survey(mail.message.content)


async def refuse(session: AsyncSession, attempt: Try, *, state: str, reason: str, wait: int = 0) -> bool:
    """A certain "no": failed for good, or pending again after ``wait`` seconds. False when the claim is lost."""
    journaled = (Journal.message_id == attempt.message_id, Journal.fence == attempt.fence)
    await session.execute(sa.update(Journal).where(*journaled).values(refused=True))
    later = _CLOCK + _seconds(wait)
    return await _mark(session, attempt, state=state, reason=reason, lease_until=None, not_before=later)


async def release(session: AsyncSession, tries: Sequence[Try]) -> None:
    """Give back claims whose sending has not started; they do not count as tries."""
    for attempt in tries:
        await _mark(session, attempt, state="pending", lease_until=None, tries=Message.tries - 1)


async def doubt(session: AsyncSession, attempt: Try) -> bool:
    """Mark a mail as unknown: whether the server took it cannot be known. Staff see it, and nothing sends it again."""
    return await _mark(session, attempt, state="unknown", reason="connection_lost", lease_until=None)


async def _mark(session: AsyncSession, attempt: Try, **values: object) -> bool:
    marked = await session.scalar(
        sa.update(Message)
        .where(Message.id == attempt.message_id, Message.fence == attempt.fence, Message.state == "sending")
        .values(**values)
        .returning(Message.id)
    )
    return marked is not None


async def forget_journal(session: AsyncSession, days: int) -> None:
    """Drop steps of mails whose fate is settled; machine time."""
    open_ = sa.exists().where(Message.id == Journal.message_id, Message.state.in_(["sending", "unknown"]))
    await session.execute(
        sa.delete(Journal).where(Journal.started_at < _CLOCK - sa.func.make_interval(0, 0, 0, days), ~open_)
    )


async def is_paused(session: AsyncSession) -> bool:
    """Whether nothing goes out until staff say so."""
    return bool(await session.scalar(sa.select(Sending.paused)))


async def set_paused(session: AsyncSession, paused: bool, reason: str) -> None:
    """Pause or resume all mail of the installation."""
    await upsert(session, Sending, id=1, paused=paused, reason=reason, changed_at=_CLOCK)


async def without_card(session: AsyncSession, wait_seconds: int) -> list[UUID]:
    """Members whose messages have waited this long for a card that was not asked for again; marks it as asked for."""
    rows = await session.scalars(
        sa.update(Message)
        .where(
            Message.id.in_(
                sa.select(Message.id)
                .where(
                    Message.state == "waiting",
                    Message.asked_for_card.is_(False),
                    Message.created_at < _CLOCK - _seconds(wait_seconds),
                    Message.member_id.is_not(None),
                    ~sa.exists().where(Contact.member_id == Message.member_id),
                )
                .limit(100)
                .with_for_update(skip_locked=True)
            )
        )
        .values(asked_for_card=True)
        .returning(Message.member_id)
    )
    return sorted({member_id for member_id in rows if member_id is not None})
