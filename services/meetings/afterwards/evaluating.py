"""A meeting's groups are asked by surveys: those present, and before and after it also a control group.

As in Bergen in 2021 (deliberative polling): of those who could have been at the meeting, chance decides who was and who
only answers, so a change that only those present show is the meeting's.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.locks import hold_draws, lock_meeting
from services.meetings.seats.asking import Somebody, pick
from services.meetings.seats.pool import WILLING, limits_of_rows
from services.meetings.seats.preparing import limits_of_meeting
from services.meetings.seats.promising import kind_of_candidate
from services.meetings.tables import DrawEntry, Evaluation, Invitation, Meeting, Member
from shared.database import count_rows
from shared.events.meetings import MeetingGroupSet, MeetingSurveyAsked
from shared.ids import new_id
from shared.messaging import emit, emit_new, lock

#: Smallest group that is asked, because fewer answers are never released.
FEWEST = 5


def group_fact(entry: DrawEntry, group: str) -> MeetingGroupSet:
    """The fact that the member is in one of the meeting's groups."""
    assert entry.member_id is not None
    return MeetingGroupSet(
        entry_id=entry.id, meeting_id=entry.meeting_id, member_id=entry.member_id, group=group
    )  # fmt: skip


def asked_fact(row: Evaluation) -> MeetingSurveyAsked:
    """The group is to be asked."""
    names = ("meeting_id", "group", "wave", "compared", "members", "closes_at", "asked_at")
    return MeetingSurveyAsked(survey_id=row.id, **{name: getattr(row, name) for name in names})


async def evaluations_of(session: AsyncSession, meeting_id: UUID) -> Sequence[Evaluation]:
    """What was asked so far, in that order."""
    mine = sa.select(Evaluation).where(Evaluation.meeting_id == meeting_id)
    return (await session.scalars(mine.order_by(Evaluation.asked_at, Evaluation.id))).all()


@dataclass(frozen=True)
class Groups:
    """Who is asked, and what for."""

    wave: str
    compared: bool
    sizes: Mapping[str, int]
    entries: Mapping[str, Sequence[DrawEntry]]
    """Entries that surveys has not heard of yet, by group."""


async def groups_before(session: AsyncSession, meeting_id: UUID, closes_at: datetime, now: datetime) -> Groups | None:
    """The guests, and the control group that would be drawn; None when it has been drawn, or cannot be."""
    await hold_draws(session)
    meeting = await lock_meeting(session, meeting_id)
    if meeting is None or meeting.state != "drawn" or closes_at > meeting.starts_at or closes_at <= now:
        return None
    if await evaluations_of(session, meeting_id):
        return None
    guests = await count_guests(session, meeting_id)
    control = await _draw_control(session, meeting)
    if min(guests, len(control)) < FEWEST:
        return None
    return Groups("before", True, {"guest": guests, "control": len(control)}, {"control": control})


async def groups_after(session: AsyncSession, meeting_id: UUID, closes_at: datetime, now: datetime) -> Groups | None:
    """Those present, and the control group if there is one; None when that is done, or too few were noted."""
    meeting = await lock_meeting(session, meeting_id)
    if meeting is None or meeting.state not in ("held", "minuted") or closes_at <= now:
        return None
    before = await evaluations_of(session, meeting_id)
    if any(row.wave == "after" for row in before):
        return None
    came = sa.select(Invitation.member_id).where(Invitation.meeting_id == meeting_id, Invitation.attended.is_(True))
    present = await _entries(session, meeting_id, DrawEntry.member_id.in_(came))
    if len(present) < FEWEST:
        return None
    control = await _entries(session, meeting_id, DrawEntry.control.is_(True))
    sizes = {"present": len(present)} | ({"control": len(control)} if control else {})
    return Groups("after", bool(before), sizes, {"present": present})


async def ask(
    session: AsyncSession, meeting_id: UUID, groups: Groups, closes_at: datetime, now: datetime
) -> list[Evaluation]:
    """Ask the groups that were found in this transaction."""
    for group, entries in groups.entries.items():
        for entry in entries:
            entry.control = entry.control or group == "control"
        await emit(session, *(group_fact(entry, group) for entry in entries))
    rows = [
        Evaluation(
            id=new_id(), meeting_id=meeting_id, group=group, wave=groups.wave, compared=groups.compared,
            members=members, closes_at=closes_at, asked_at=now,
        )
        for group, members in groups.sizes.items()
    ]  # fmt: skip
    session.add_all(rows)
    await emit_new(session, [asked_fact(row) for row in rows])
    return rows


async def count_guests(session: AsyncSession, meeting_id: UUID) -> int:
    """Those who have said yes to a seat."""
    said_yes = (Invitation.meeting_id == meeting_id, Invitation.state == "accepted", Invitation.member_id.is_not(None))
    return await count_rows(session, sa.select(Invitation).where(*said_yes))


async def _draw_control(session: AsyncSession, meeting: Meeting) -> list[DrawEntry]:
    """As many as the meeting has seats, of the pool and not invited, by its quotas and algorithm."""
    guests = sa.select(Invitation.member_id).where(
        Invitation.meeting_id == meeting.id, Invitation.member_id.is_not(None)
    )
    willing = sa.select(Member.id).where(WILLING, Member.purposes.contains(["surveys"]))
    others = await _entries(
        session, meeting.id, DrawEntry.member_id.not_in(guests), DrawEntry.member_id.in_(willing)
    )  # fmt: skip
    words = f"{meeting.seed}:control"
    people = [Somebody(f"{words}:{row.member_id}", kind_of_candidate(row)) for row in others]
    limits = limits_of_rows(await limits_of_meeting(session, meeting))
    places = await asyncio.to_thread(pick, people, limits, meeting.seats, (), words)
    return [others[place] for place in places]


async def _entries(session: AsyncSession, meeting_id: UUID, *which: sa.ColumnElement[bool]) -> list[DrawEntry]:
    mine = (DrawEntry.meeting_id == meeting_id, DrawEntry.member_id.is_not(None), *which)
    ids = list(await session.scalars(sa.select(DrawEntry.id).where(*mine)))
    await lock(session, *ids)
    rows = sa.select(DrawEntry).where(DrawEntry.id.in_(ids), *mine).order_by(DrawEntry.id)
    return list(await session.scalars(rows))
