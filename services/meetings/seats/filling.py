"""Free seats go to people who restore the quotas; as many are asked as are likely to fill the room: `asking`."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.meetings.contacts import at_the_cap
from services.meetings.locks import hold_draws, lock_invitations, lock_meeting
from services.meetings.seats.answering import settle
from services.meetings.seats.asking import Somebody, Step, YesRates, next_step, reserves
from services.meetings.seats.domain import GIVEN_UP, LIVE, replacement_replies_by, replacements_stop_at, waiting_ends_at
from services.meetings.seats.drawing import invite
from services.meetings.seats.pool import WILLING, limits_of_rows
from services.meetings.seats.preparing import current_draw, limits_of_meeting
from services.meetings.seats.promising import changed_since, kind_of_candidate
from services.meetings.tables import Called, DrawEntry, Invitation, Meeting, Member
from shared.service import Runtime

#: Replies that say somebody could come.
_YES = ("accepted", "waiting", "released")


async def fill_free_seats(rt: Runtime) -> None:
    """Job: ask to the waiting list, give free seats away, and tell those who waited in vain; while there is time."""
    async with rt.transaction() as session:
        due = list(await session.scalars(_with_something_to_do(rt.now(), rt.profile.contact_cap)))
    for meeting_id in due:
        async with rt.transaction() as session:
            await fill_meeting(session, meeting_id, rt.now(), rt.settings.zone, rt.profile.contact_cap)


async def yes_rates(session: AsyncSession) -> YesRates:
    """From every reply kept so far, of this meeting and others before it; an address that took no mail is no reply."""
    comes = sa.func.count().filter(Invitation.state.in_(_YES))
    rows = await session.execute(
        sa.select(Invitation.gender, Invitation.band, Invitation.area, sa.func.count(), comes)
        .where(Invitation.state.in_((*_YES, *GIVEN_UP)), Invitation.unreached.is_(False))
        .group_by(Invitation.gender, Invitation.band, Invitation.area)
    )
    return YesRates({(gender, band, area or ""): (asked, yes) for gender, band, area, asked, yes in rows})


def _unasked(meeting_id: UUID | InstrumentedAttribute[UUID], now: datetime, cap: int) -> sa.Select[DrawEntry]:
    """People of the draw's pool who are still willing and not yet asked to this meeting.

    Whoever said yes to its call wants to hear of it; others are asked within the contact cap.
    """
    asked = sa.exists().where(Invitation.meeting_id == meeting_id, Invitation.member_id == DrawEntry.member_id)
    called = sa.exists().where(
        Called.meeting_id == meeting_id, Called.member_id == DrawEntry.member_id, Called.state == "yes"
    )
    spared = Member.id.not_in(at_the_cap(now, cap))
    return (
        sa.select(DrawEntry)
        .join(Member, Member.id == DrawEntry.member_id)
        .where(DrawEntry.meeting_id == meeting_id, ~DrawEntry.control, WILLING, ~asked, sa.or_(called, spared))
    )


def _with_something_to_do(now: datetime, cap: int) -> sa.Select[UUID]:
    live = (
        sa.select(sa.func.count())
        .where(Invitation.meeting_id == Meeting.id, Invitation.state.in_(LIVE))
        .correlate(Meeting)
        .scalar_subquery()
    )
    hours = Meeting.stop_hours
    asks = Meeting.starts_at - sa.func.make_interval(0, 0, 0, 0, hours) > now
    waiting = sa.exists().where(Invitation.meeting_id == Meeting.id, Invitation.state == "waiting").correlate(Meeting)
    may_answer = sa.exists().where(Invitation.meeting_id == Meeting.id, Invitation.state == "reserve")
    somebody = sa.or_(waiting, sa.and_(asks, _unasked(Meeting.id, now, cap).correlate(Meeting).exists()))
    # As `waiting_ends_at`.
    last_word = sa.func.make_interval(0, 0, 0, 0, 0, 0, 3600 * sa.func.greatest(hours / 2.0, 12.0))
    too_late = Meeting.starts_at - last_word <= now
    return (
        sa.select(Meeting.id)
        .where(
            Meeting.state == "drawn",
            sa.or_(
                sa.and_(Meeting.list_asked_at.is_(None), asks),
                sa.and_(live < Meeting.seats, ~may_answer.correlate(Meeting), somebody),
                sa.and_(waiting, too_late),
            ),
        )
        .order_by(Meeting.id)
    )


async def fill_meeting(session: AsyncSession, meeting_id: UUID, now: datetime, zone: ZoneInfo, cap: int) -> int:
    """Give away the meeting's free seats that are due; how many people were seated or asked."""
    await hold_draws(session)
    meeting = await lock_meeting(session, meeting_id)
    if meeting is None or meeting.state != "drawn":
        return 0
    assert meeting.drawn_at is not None
    if changed_since(await current_draw(session, meeting_id), meeting):
        # Staff and public read what was changed; nobody is chosen by it.
        return 0
    rows = await lock_invitations(session, Invitation.meeting_id == meeting_id)
    asks = now < replacements_stop_at(meeting.starts_at, meeting.stop_hours)
    available = list(await session.scalars(_unasked(meeting_id, now, cap).order_by(DrawEntry.id))) if asks else []
    limits = limits_of_rows(await limits_of_meeting(session, meeting))
    rates = await yes_rates(session)
    # What is drawn hangs on the seed, published as its fingerprint before the draw, and on who has been asked so far.
    words = f"{meeting.seed}:replacement:{len(rows)}"
    queue = [row for row in rows if row.state == "waiting"]
    seated = [kind_of_candidate(row) for row in rows if row.state in LIVE]
    unasked = _people(available, words)
    step, reply_by = Step(), meeting.reply_by
    if meeting.list_asked_at is None:
        meeting.list_asked_at = now
        step = Step(reserves=await asyncio.to_thread(reserves, seated, unasked, rates, words))
    if not step.reserves and not any(row.state == "reserve" for row in rows):
        seats = meeting.seats - len(seated)
        step = await asyncio.to_thread(
            next_step, _people(queue, words), unasked, limits, seats, seated, rates, words
        )  # fmt: skip
        reply_by = replacement_replies_by(
            now, meeting.drawn_at, meeting.reply_by, meeting.starts_at, meeting.stop_hours, zone
        )
    free = _vacated(rows, len(step.seated) + len(step.asked))
    for place, replaces in zip(step.seated, free, strict=False):
        queue[place].replaces, queue[place].had_seat = replaces, True
    seats_asked = zip((available[place] for place in step.asked), free[len(step.seated) :], strict=True)
    await settle(session, meeting, [queue[place] for place in step.seated], "accepted", now)
    await invite(session, meeting, list(seats_asked), reply_by, now)
    await invite(session, meeting, [(available[place], None) for place in step.reserves], reply_by, now, "reserve")
    if now >= waiting_ends_at(meeting.starts_at, meeting.stop_hours):
        await settle(session, meeting, [row for row in queue if row.state == "waiting"], "released", now)
    return len(step.seated) + len(step.asked) + len(step.reserves)


def _people(rows: Sequence[DrawEntry | Invitation], words: str) -> list[Somebody]:
    """People who are alike, in an order that nobody could know before the seed was public."""
    return [Somebody(f"{words}:{row.member_id}", kind_of_candidate(row)) for row in rows]


def _vacated(rows: Sequence[Invitation], seats: int) -> list[UUID | None]:
    """For each seat the invitation whose seat it was: longest free first; then seats never filled, or added later."""
    replaced = {row.replaces for row in rows}
    given_up = sorted(
        (row for row in rows if row.state in GIVEN_UP and row.had_seat and row.id not in replaced),
        key=lambda row: (row.settled_at, row.id),
    )
    return [*(row.id for row in given_up), *([None] * seats)][:seats]
