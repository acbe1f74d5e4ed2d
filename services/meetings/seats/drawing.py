"""Drawing and replacing: the only two places where somebody gets a seat, both while holding draws and the meeting."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.draw.domain import METHOD, Candidate, Quotas, draw, quotas_of_population, replacement
from services.meetings.facts import announced, entered, issued
from services.meetings.locks import hold_draws, lock_meeting
from services.meetings.seats.domain import (
    CODE_LENGTH,
    CODE_LETTERS,
    GIVEN_UP,
    LIVE,
    UNKNOWN_BAND,
    band_of,
    replacement_replies_by,
    replacements_stop_at,
)
from services.meetings.tables import DrawEntry, Invitation, Margins, Meeting, Member
from shared.database import unnest
from shared.events.meetings import MeetingDrawn
from shared.ids import new_id
from shared.messaging import emit, emit_new
from shared.service import Runtime

#: Draw entries per statement.
BATCH = 1000

WILLING = sa.and_(Member.status == "active", Member.purposes.contains(["meetings"]))


async def newest_margins(session: AsyncSession) -> Margins | None:
    """The population's newest figures."""
    return await session.scalar(sa.select(Margins).order_by(Margins.year.desc()).limit(1))


async def candidates(session: AsyncSession, margins: Margins | None) -> list[Candidate]:
    """Everybody who may be drawn today: active members who consented to meetings."""
    year, bands = (margins.year, margins.bands) if margins else (None, [])
    found = await session.execute(
        sa.select(Member.id, Member.gender, Member.year_of_birth).where(WILLING).order_by(Member.id)
    )
    return [Candidate(row.id, row.gender, band_of(row.year_of_birth, year, bands)) for row in found]


def quotas_for(meeting: Meeting, margins: Margins | None) -> dict[tuple[str, str], float]:
    """Those set by hand, else the population's; empty without population figures."""
    if meeting.by_hand or meeting.draw_id is not None:
        return stored_quotas(meeting)
    population = {(cell["gender"], cell["band"]): cell["population"] for cell in margins.population} if margins else {}
    return quotas_of_population(population, meeting.seats)


def stored_quotas(meeting: Meeting) -> dict[tuple[str, str], float]:
    """The quotas kept with the meeting, by stratum."""
    return {(row["gender"], row["band"]): float(row["seats"]) for row in meeting.quotas or []}


def quotas_now(meeting: Meeting) -> dict[tuple[str, str], float]:
    """A drawn meeting's quotas in proportion to the seats it has now; they may have been changed since the draw."""
    quotas = stored_quotas(meeting)
    total = sum(quotas.values())
    return {stratum: quota * meeting.seats / total for stratum, quota in quotas.items()} if total else {}


def outdated_quotas(meeting: Meeting, margins: Margins | None) -> bool:
    """Quotas set by hand that fit the seats or the age bands no more."""
    if not meeting.by_hand:
        return False
    quotas = stored_quotas(meeting)
    return {band for _, band in quotas} != set(band_codes(margins)) or round(sum(quotas.values())) != meeting.seats


def quota_rows(quotas: Quotas) -> list[dict[str, str | float]]:
    """As stored."""
    return [{"gender": gender, "band": band, "seats": seats} for (gender, band), seats in quotas.items()]


def band_codes(margins: Margins | None) -> list[str]:
    """Age bands from young to old."""
    return [band["code"] for band in margins.bands] if margins else [UNKNOWN_BAND]


async def draw_meeting(session: AsyncSession, meeting_id: UUID, now: datetime) -> Meeting | None:
    """Draw and invite; None when the meeting is not waiting for its draw or too near, or nobody can be drawn as set."""
    await hold_draws(session)
    meeting = await lock_meeting(session, meeting_id)
    if meeting is None or meeting.state != "announced" or now >= meeting.reply_by:
        return None
    margins = await newest_margins(session)
    pool = await candidates(session, margins)
    if not pool or outdated_quotas(meeting, margins):
        return None
    quotas = quotas_for(meeting, margins)
    drawn = draw(pool, quotas, meeting.seats, meeting.seed)
    meeting.state = "drawn"
    meeting.drawn_at = now
    meeting.draw_id = new_id()
    meeting.method = METHOD
    meeting.bands = band_codes(margins)
    meeting.quotas = quota_rows(quotas)
    meeting.protocol = [asdict(line) for line in drawn.protocol]
    await session.flush()
    invited = set(drawn.invited)
    await _enter(session, meeting, pool, drawn.chances, invited)
    await _invite(session, meeting, [(one, None) for one in pool if one.id in invited], meeting.reply_by, now)
    fact = MeetingDrawn(
        meeting_id=meeting.id, draw_id=meeting.draw_id, pool=len(pool), drawn=len(invited), drawn_at=now
    )
    await emit(session, announced(meeting), fact)
    return meeting


async def _enter(
    session: AsyncSession,
    meeting: Meeting,
    pool: Sequence[Candidate],
    chances: Mapping[UUID, float],
    invited: set[UUID],
) -> None:
    """Store everybody's chance and say it to each."""
    assert meeting.draw_id is not None
    for start in range(0, len(pool), BATCH):
        part = pool[start : start + BATCH]
        entries = [
            DrawEntry(
                id=new_id(),
                meeting_id=meeting.id,
                member_id=one.id,
                gender=one.stratum[0],
                band=one.band,
                chance=chances[one.id],
                drawn=one.id in invited,
            )
            for one in part
        ]
        columns: dict[str, tuple[Any, list[Any]]] = {
            "id": (sa.Uuid, [entry.id for entry in entries]),
            "member_id": (sa.Uuid, [entry.member_id for entry in entries]),
            "gender": (sa.Text, [entry.gender for entry in entries]),
            "band": (sa.Text, [entry.band for entry in entries]),
            "chance": (sa.Double, [entry.chance for entry in entries]),
            "drawn": (sa.Boolean, [entry.drawn for entry in entries]),
        }
        rows = unnest(**columns)
        selected = sa.select(*(rows.c[name] for name in columns), Member.area, sa.literal(meeting.id, sa.Uuid)).join(
            Member, Member.id == rows.c.member_id
        )
        await session.execute(sa.insert(DrawEntry).from_select([*columns, "area", "meeting_id"], selected))
        await emit_new(session, [entered(entry, meeting.draw_id) for entry in entries])


async def _invite(
    session: AsyncSession,
    meeting: Meeting,
    people: Iterable[tuple[Candidate, UUID | None]],
    reply_by: datetime,
    now: datetime,
) -> None:
    """Give each a seat to answer for, by ``reply_by``; with the id of the invitation it replaces, if any."""
    used = set(await session.scalars(sa.select(Invitation.code).where(Invitation.meeting_id == meeting.id)))
    made = []
    chosen = list(people)
    lives = sa.select(Member.id, Member.area).where(Member.id.in_([one.id for one, _ in chosen]))
    areas = {row.id: row.area for row in await session.execute(lives)}
    for one, replaces in chosen:
        code = _new_code(used)
        used.add(code)
        made.append(
            Invitation(
                id=new_id(),
                meeting_id=meeting.id,
                member_id=one.id,
                state="invited",
                gender=one.stratum[0],
                band=one.band,
                area=areas.get(one.id),
                code=code,
                generation=1,
                replaces=replaces,
                reply_by=reply_by,
                invited_at=now,
            )
        )
    session.add_all(made)
    await emit_new(session, [issued(meeting, row) for row in made])


def _new_code(used: set[str]) -> str:
    while True:
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        if code not in used:
            return code


async def fill_free_seats(rt: Runtime) -> None:
    """Job: draw somebody for every seat that has become free, while there is time and somebody to ask."""
    async with rt.transaction() as session:
        waiting = list(await session.scalars(_with_free_seats(rt.now())))
    for meeting_id in waiting:
        async with rt.transaction() as session:
            await fill_meeting(session, meeting_id, rt.now(), rt.settings.zone)


def _unasked(meeting_id: Any) -> sa.Select[UUID | None, str, str]:
    """Those of the draw's pool who are still willing and have not been asked to this meeting."""
    asked = sa.exists().where(Invitation.meeting_id == meeting_id, Invitation.member_id == DrawEntry.member_id)
    return (
        sa.select(DrawEntry.member_id, DrawEntry.gender, DrawEntry.band)
        .join(Member, Member.id == DrawEntry.member_id)
        .where(DrawEntry.meeting_id == meeting_id, WILLING, ~asked)
    )


def _with_free_seats(now: datetime) -> sa.Select[UUID]:
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
            _unasked(Meeting.id).correlate(Meeting).exists(),
        )
        .order_by(Meeting.id)
    )


async def fill_meeting(session: AsyncSession, meeting_id: UUID, now: datetime, zone: ZoneInfo) -> int:
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
    rows = list(await session.scalars(sa.select(Invitation).where(Invitation.meeting_id == meeting_id)))
    seated = [(row.gender, row.band) for row in rows if row.state in LIVE]
    replaced = {row.replaces for row in rows}
    # Seats given up, longest free first; then seats that were never filled or were added later.
    vacated = sorted(
        (row for row in rows if row.state in GIVEN_UP and row.id not in replaced),
        key=lambda row: (row.settled_at, row.id),
    )
    found = await session.execute(_unasked(meeting_id))
    available = {row.member_id: Candidate(row.member_id, row.gender, row.band) for row in found if row.member_id}
    quotas = quotas_now(meeting)
    chosen: list[tuple[Candidate, UUID | None]] = []
    for place in range(meeting.seats - len(seated)):
        free = vacated[place] if place < len(vacated) else None
        stratum = (free.gender, free.band) if free else None
        id_ = replacement(stratum, list(available.values()), quotas, seated, meeting.seed)
        if id_ is None:
            break
        one = available.pop(id_)
        seated.append(one.stratum)
        chosen.append((one, free.id if free else None))
    reply_by = replacement_replies_by(
        now, meeting.drawn_at, meeting.reply_by, meeting.starts_at, meeting.stop_hours, zone
    )
    await _invite(session, meeting, chosen, reply_by, now)
    return len(chosen)
