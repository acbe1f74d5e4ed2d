"""Free seats go to those who restore the quotas: the draw's own algorithm, restricted to the seats that are open."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.contacts import at_the_cap
from services.meetings.draw.commitment import Entry
from services.meetings.locks import hold_draws, lock_meeting
from services.meetings.seats.domain import GIVEN_UP, LIVE, replacement_replies_by, replacements_stop_at
from services.meetings.seats.drawing import invite, kind_of_row
from services.meetings.seats.lottery import Kind, Limit, prepare_open, seated_by
from services.meetings.seats.pool import WILLING, limits_of_rows
from services.meetings.seats.preparing import current_draw, limits_of_meeting
from services.meetings.seats.promising import changed_since
from services.meetings.tables import DrawEntry, Invitation, Meeting, Member
from shared.service import Runtime


async def fill_free_seats(rt: Runtime) -> None:
    """Job: draw somebody for every seat that has become free, while there is time and somebody to ask."""
    async with rt.transaction() as session:
        waiting = list(await session.scalars(_with_free_seats(rt.now(), rt.profile.contact_cap)))
    for meeting_id in waiting:
        async with rt.transaction() as session:
            await fill_meeting(session, meeting_id, rt.now(), rt.settings.zone, rt.profile.contact_cap)


def _unasked(meeting_id: Any, now: datetime, cap: int) -> sa.Select[DrawEntry]:
    """Those of the draw's pool who are still willing, within the contact cap, and not yet asked to this meeting."""
    asked = sa.exists().where(Invitation.meeting_id == meeting_id, Invitation.member_id == DrawEntry.member_id)
    return (
        sa.select(DrawEntry)
        .join(Member, Member.id == DrawEntry.member_id)
        .where(DrawEntry.meeting_id == meeting_id, WILLING, ~asked, Member.id.not_in(at_the_cap(now, cap)))
    )


def _with_free_seats(now: datetime, cap: int) -> sa.Select[UUID]:
    live = (
        sa.select(sa.func.count())
        .where(Invitation.meeting_id == Meeting.id, Invitation.state.in_(LIVE))
        .correlate(Meeting)
        .scalar_subquery()
    )
    return (
        sa.select(Meeting.id)
        .where(
            Meeting.state == "drawn",
            Meeting.starts_at - sa.func.make_interval(0, 0, 0, 0, Meeting.stop_hours) > now,
            live < Meeting.seats,
            _unasked(Meeting.id, now, cap).correlate(Meeting).exists(),
        )
        .order_by(Meeting.id)
    )


async def fill_meeting(session: AsyncSession, meeting_id: UUID, now: datetime, zone: ZoneInfo, cap: int) -> int:
    """Draw replacements for the meeting's free seats; how many were asked."""
    await hold_draws(session)
    meeting = await lock_meeting(session, meeting_id)
    if (
        meeting is None
        or meeting.state != "drawn"
        or now >= replacements_stop_at(meeting.starts_at, meeting.stop_hours)
    ):
        return 0
    assert meeting.drawn_at is not None
    if changed_since(await current_draw(session, meeting_id), meeting):
        # Staff and public read what was changed; nobody is chosen by it.
        return 0
    rows = list(await session.scalars(sa.select(Invitation).where(Invitation.meeting_id == meeting_id)))
    seated = [kind_of_row(row) for row in rows if row.state in LIVE]
    replaced = {row.replaces for row in rows}
    # Seats given up, longest free first; then seats that were never filled or were added later.
    vacated = sorted(
        (row for row in rows if row.state in GIVEN_UP and row.id not in replaced),
        key=lambda row: (row.settled_at, row.id),
    )
    available = list(await session.scalars(_unasked(meeting_id, now, cap).order_by(DrawEntry.id)))
    seats = min(meeting.seats - len(seated), len(available))
    if seats <= 0:
        return 0
    limits = limits_of_rows(await limits_of_meeting(session, meeting))
    kinds = [kind_of_row(entry) for entry in available]
    # What is drawn hangs on the seed, published as its fingerprint before the draw, and on who has been asked so far.
    words = f"{meeting.seed}:replacement:{len(rows)}"
    whose = [str(entry.member_id) for entry in available]
    chosen = await asyncio.to_thread(choose, kinds, whose, limits, seated, seats, words)
    free = [*(row.id for row in vacated), *([None] * seats)]
    reply_by = replacement_replies_by(
        now, meeting.drawn_at, meeting.reply_by, meeting.starts_at, meeting.stop_hours, zone
    )
    people = [(available[place], replaces) for place, replaces in zip(chosen, free, strict=False)]
    await invite(session, meeting, people, reply_by, now)
    return len(people)


def choose(
    kinds: Sequence[Kind],
    whose: Sequence[str],
    limits: Sequence[Limit],
    seated: Sequence[Kind],
    seats: int,
    words: str,
) -> tuple[int, ...]:
    """Places of those who get the open seats, so that with those seated the quotas are kept, or missed by the least.

    ``whose`` is everybody's id. A quota of 0 is kept even when a seat then stays empty.
    """
    lottery = prepare_open(kinds, limits, seats, seated)
    if lottery is None:
        return ()
    number = int.from_bytes(hashlib.sha256(words.encode()).digest(), "big") % lottery.tickets
    pool = [Entry.of(words, who, kind) for who, kind in zip(whose, kinds, strict=True)]
    return seated_by(lottery, pool, number)
