"""The outcome of a draw: public randomness picks a ticket, those on it are invited, everybody is told the chance."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.draw.commitment import chances_of
from services.meetings.facts import announced, entered, issued, proof_issued
from services.meetings.locks import hold_draws
from services.meetings.seats.domain import CODE_LENGTH, CODE_LETTERS
from services.meetings.seats.lottery import Kind, features_of
from services.meetings.seats.pool import WILLING, band_codes, newest_margins
from services.meetings.seats.preparing import candidates_of, lock_current_draw
from services.meetings.seats.promising import check_promise, entries_of, kind_of_candidate, ways_of
from services.meetings.seats.randomness import outcome_of
from services.meetings.seats.words import area_label, value_words
from services.meetings.tables import Candidate, Draw, DrawEntry, Invitation, Margins, Meeting, Member
from services.meetings.verify import drawn_leaves, ticket
from shared.database import unnest
from shared.events import Event
from shared.events.meetings import MeetingDrawn
from shared.ids import new_id
from shared.messaging import emit, emit_new
from shared.strata import GENDERS

#: Draw entries per statement.
BATCH = 1000


async def draw_meeting(session: AsyncSession, meeting_id: UUID, randomness: str, now: datetime) -> Meeting | None:
    """Pick the ticket and invite those on it; None when no draw is committed to, or it is too late to be answered.

    Whoever is no longer willing is not asked; the seat is filled as one that was given up. Raises `Refused` when the
    randomness is not what was announced, or anything promised has changed since.
    """
    await hold_draws(session)
    pair = await lock_current_draw(session, meeting_id)
    if pair is None:
        return None
    meeting, draw = pair
    if draw.state != "committed" or meeting.state != "announced" or now >= meeting.reply_by:
        return None
    people = await candidates_of(session, draw.id)
    commitment = check_promise(draw, meeting, people)
    outcome = outcome_of(commitment.promise["randomness"], randomness, draw.secret)
    draw.ticket = ticket(commitment.promise, outcome)
    draw.state, draw.drawn_at, draw.randomness = "drawn", now, outcome["value"]
    entries = entries_of(people)
    seated = set(drawn_leaves(commitment.full, [entry.document() for entry in entries], draw.ticket))
    on_ticket = {candidate.number for candidate, entry in zip(people, entries, strict=True) if entry.leaf in seated}
    willing = set(await session.scalars(sa.select(Member.id).where(WILLING)))
    guests = [candidate for candidate in people if candidate.number in on_ticket and candidate.member_id in willing]
    meeting.state, meeting.drawn_at, meeting.draw_id, meeting.method = "drawn", now, draw.id, draw.method
    margins = await newest_margins(session)
    meeting.bands = band_codes(margins)
    by_leaf = chances_of(commitment.full, entries)
    chances = {candidate.number: by_leaf[entry.leaf] for candidate, entry in zip(people, entries, strict=True)}
    meeting.protocol = tallies(people, draw.limits, on_ticket, chances, margins)
    await _enter(session, draw, people, chances, on_ticket)
    await invite(session, meeting, [(candidate, None) for candidate in guests], meeting.reply_by, now)
    fact = MeetingDrawn(meeting_id=meeting.id, draw_id=draw.id, pool=len(people), drawn=len(on_ticket), drawn_at=now)
    await emit(session, announced(meeting), fact)
    return meeting


def tallies(
    people: Sequence[Candidate],
    limits: Sequence[Mapping[str, Any]],
    guests: set[int],
    chances: Mapping[int, float],
    margins: Margins | None,
) -> list[dict[str, object]]:
    """Per value of each feature: quota, how many could be drawn and were, and the lowest and highest chance."""
    quotas = {(row["feature"], row["value"]): row for row in limits}
    # A pool has many people of few kinds.
    alike: dict[Kind, list[Candidate]] = {}
    for candidate in people:
        alike.setdefault(kind_of_candidate(candidate), []).append(candidate)
    rows = []
    for index, feature in enumerate(features_of(alike)):
        there = {kind[index] for kind in alike}
        named = [row["value"] for row in limits if row["feature"] == feature]
        if feature == "area" and not named and there == {""}:
            # Without areas nobody can be outside them.
            continue
        fixed = [*GENDERS, *named] if feature == "gender" else [*named, *sorted(there - set(named))]
        for value in dict.fromkeys(fixed):
            group = [candidate for kind, those in alike.items() if kind[index] == value for candidate in those]
            quota = quotas.get((feature, value))
            if not group and quota is None:
                continue
            rows.append(
                {
                    "feature": feature,
                    "value": value,
                    "words": value_words(feature, value, margins),
                    "label": area_label(value, margins) if feature == "area" and value else "",
                    "least": quota["least"] if quota else None,
                    "most": quota["most"] if quota else None,
                    "pool": len(group),
                    "drawn": sum(1 for candidate in group if candidate.number in guests),
                    "lowest": min((chances[candidate.number] for candidate in group), default=0.0),
                    "highest": max((chances[candidate.number] for candidate in group), default=0.0),
                }
            )
    return rows


async def _enter(
    session: AsyncSession, draw: Draw, pool: Sequence[Candidate], chances: Mapping[int, float], guests: set[int]
) -> None:
    """Store everybody's chance and say it to each, with the proof of having been in the pool."""
    ways = ways_of(pool)
    # An erased person's place stays in the pool; there is nobody left to tell.
    living = [candidate for candidate in pool if candidate.member_id is not None]
    for start in range(0, len(living), BATCH):
        part = living[start : start + BATCH]
        entries = [
            DrawEntry(
                id=new_id(),
                meeting_id=draw.meeting_id,
                member_id=candidate.member_id,
                gender=candidate.gender,
                band=candidate.band,
                area=candidate.area or None,
                answer=candidate.answer,
                chance=chances[candidate.number],
                drawn=candidate.number in guests,
            )
            for candidate in part
        ]
        columns: dict[str, tuple[object, list[object]]] = {
            "id": (sa.Uuid, [entry.id for entry in entries]),
            "member_id": (sa.Uuid, [entry.member_id for entry in entries]),
            "gender": (sa.Text, [entry.gender for entry in entries]),
            "band": (sa.Text, [entry.band for entry in entries]),
            "area": (sa.Text, [entry.area for entry in entries]),
            "answer": (sa.Text, [entry.answer for entry in entries]),
            "chance": (sa.Double, [entry.chance for entry in entries]),
            "drawn": (sa.Boolean, [entry.drawn for entry in entries]),
        }
        rows = unnest(**columns)
        selected = sa.select(*(rows.c[name] for name in columns), sa.literal(draw.meeting_id, sa.Uuid))
        await session.execute(sa.insert(DrawEntry).from_select([*columns, "meeting_id"], selected))
        facts: list[Event] = []
        for entry, candidate in zip(entries, part, strict=True):
            facts += [entered(entry, draw.id), proof_issued(entry, draw, candidate, ways[candidate.number])]
        await emit_new(session, facts)


async def invite(
    session: AsyncSession,
    meeting: Meeting,
    people: Sequence[tuple[Candidate | DrawEntry, UUID | None]],
    reply_by: datetime,
    now: datetime,
    state: str = "invited",
) -> None:
    """Ask each to a seat, or to the waiting list (``reserve``); with the id of the invitation it replaces, if any."""
    codes = set(await session.scalars(sa.select(Invitation.code).where(Invitation.meeting_id == meeting.id)))
    invitations = []
    for person, replaces in people:
        code = _new_code(codes)
        codes.add(code)
        invitations.append(
            Invitation(
                id=new_id(),
                meeting_id=meeting.id,
                member_id=person.member_id,
                state=state,
                had_seat=state != "reserve",
                gender=person.gender,
                band=person.band,
                area=person.area or None,
                answer=person.answer,
                code=code,
                generation=1,
                replaces=replaces,
                reply_by=reply_by,
                invited_at=now,
            )
        )
    session.add_all(invitations)
    await emit_new(session, [issued(meeting, row) for row in invitations])


def _new_code(used: set[str]) -> str:
    while True:
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        if code not in used:
            return code
