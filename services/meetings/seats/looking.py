"""What staff see of a draw that is promised: each group's chance, worked out anew only when something has changed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.draw.commitment import chances_of
from services.meetings.seats.drawing import tallies
from services.meetings.seats.preparing import candidates_of
from services.meetings.seats.promising import check_promise, check_stored, commitment_of, entries_of
from services.meetings.tables import Candidate, Draw, Margins, Meeting
from services.meetings.verify import Document, digest
from shared.service import Runtime


@dataclass(frozen=True)
class Seen:
    """A promise that holds, as staff read it."""

    promise: Document
    rows: Sequence[dict[str, object]]
    """Each group's pool, quota and chance."""
    never: Sequence[tuple[int, str]]
    """Kinds of people in no group that keeps the quotas: how many, and what they are."""


#: By draw, what it was worked out from, and what was found; of the draws looked at last.
_SEEN: dict[UUID, tuple[str, Seen]] = {}
_MOST = 8


async def look_at(rt: Runtime, draw: Draw, meeting: Meeting, margins: Margins | None) -> Seen:
    """The draw's chances, when nothing it promises has changed in the database since. Raises `Refused`."""
    check_stored(draw, meeting)
    commitment = commitment_of(draw)
    async with rt.transaction() as session:
        pool = await _fingerprint(session, draw.id)
        stands = " ".join((digest(commitment.promise), digest(commitment.full), pool))
        before = _SEEN.pop(draw.id, None)
        same = before is not None and before[0] == stands
        people = [] if same else await candidates_of(session, draw.id)
    if before is None or not same:
        # A large pool takes seconds, in which neither other pages nor a transaction should wait.
        before = stands, await asyncio.to_thread(_worked_out, draw, meeting, people, margins)
    _SEEN[draw.id] = before
    while len(_SEEN) > _MOST:
        del _SEEN[next(iter(_SEEN))]
    return before[1]


async def _fingerprint(session: AsyncSession, draw_id: UUID) -> str:
    """Another one as soon as anything of the pool's list is."""
    columns = (Candidate.number, Candidate.person, Candidate.gender, Candidate.band, Candidate.area, Candidate.answer)
    line = sa.cast(sa.func.jsonb_build_array(*columns), sa.Text)
    ordered = sa.func.string_agg(line, aggregate_order_by(sa.literal(" "), Candidate.number))
    return await session.scalar(sa.select(sa.func.md5(ordered)).where(Candidate.draw_id == draw_id)) or ""


def _worked_out(draw: Draw, meeting: Meeting, people: Sequence[Candidate], margins: Margins | None) -> Seen:
    commitment = check_promise(draw, meeting, people)
    entries = entries_of(people)
    by_leaf = chances_of(commitment.full, entries)
    chances = {candidate.number: by_leaf[entry.leaf] for candidate, entry in zip(people, entries, strict=True)}
    names, features = commitment.promise["names"], commitment.full["features"]
    never = [
        (line["pool"], ", ".join(names[f"{name}={value}"] for name, value in zip(features, line["type"], strict=True)))
        for line in commitment.full["types"]
        if not line["probability"] and not line["best"]
    ]
    return Seen(commitment.promise, tallies(people, draw.limits, set(), chances, margins), never)
