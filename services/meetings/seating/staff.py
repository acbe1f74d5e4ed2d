"""Staff print the list at the door and name tags, and see who sits at which table."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from services.meetings.facts import invitations_of
from services.meetings.seating.domain import MOST_ROUNDS, Guest, most_tables, seat
from services.meetings.tables import Invitation, Meeting
from shared.strata import PERSON, band_words
from shared.web import Request, Response, attached, or_404, problem, render, runtime
from shared.web.staff import audit, staff_required

#: People at a table unless staff say otherwise.
_USUAL_TABLE = 6


@dataclass(frozen=True)
class Seating:
    """The guests who have said yes, and their tables in each round."""

    meeting: Meeting
    rows: Sequence[Invitation]
    tables: int
    rounds: list[dict[str, int]]


async def _seating(request: Request, deed: str) -> Seating | None:
    """As the address asks for: ``tables`` and ``rounds``; looking is written down."""
    async with runtime(request).transaction() as session:
        meeting = await session.get(Meeting, request.path_params["meeting_id"])
        if meeting is None or meeting.draw_id is None:
            return None
        rows = sorted(await invitations_of(session, meeting.id, "accepted"), key=lambda row: row.code)
        await audit(session, request, deed, meeting.id, rows=len(rows))
    tables = _number(request, "tables", -(-len(rows) // _USUAL_TABLE) or 1, most_tables(len(rows)))
    rounds = _number(request, "rounds", 1, MOST_ROUNDS)
    guests = [Guest(row.code, {"gender": row.gender, "band": row.band, "area": row.area or ""}) for row in rows]
    # The draw's id is known to the service alone, so nobody can foresee who shares a table with whom.
    return Seating(meeting, rows, tables, await asyncio.to_thread(seat, guests, tables, rounds, str(meeting.draw_id)))


def _number(request: Request, name: str, usual: int, most: int) -> int:
    text = request.query_params.get(name, "")
    return min(most, max(1, int(text))) if text.isascii() and text.isdigit() and len(text) < 4 else usual


@staff_required("editor")
async def show_tables(request: Request) -> Response:
    """Who sits where in each round, by code; and the papers to print."""
    seating = or_404(await _seating(request, "meetings.tables.seen"))
    together = [
        [
            (table, [row for row in seating.rows if round_[row.code] == table])
            for table in sorted({round_[row.code] for row in seating.rows})
        ]
        for round_ in seating.rounds
    ]
    context = {
        "meeting": seating.meeting,
        "rows": seating.rows,
        "tables": seating.tables,
        "rounds": together,
        "most_tables": most_tables(len(seating.rows)),
        "most_rounds": MOST_ROUNDS,
        "genders": PERSON,
        "band_words": band_words,
    }
    return render(request, "meetings/staff_tables.html", context)


@staff_required("editor")
async def print_sheet(request: Request) -> Response:
    """The list at the door (``door``) or name tags (``tags``), as PDF."""
    sheet = request.path_params["sheet"]
    if sheet not in ("door", "tags"):
        return problem(request, 404)
    seating = or_404(await _seating(request, "meetings.sheet.printed"))
    # The typesetter is 30 MB that only printing needs.
    from services.meetings.seating import printing

    tables = [(row, [round_[row.code] for round_ in seating.rounds]) for row in seating.rows]
    if sheet == "door":
        zone = runtime(request).settings.zone
        starts = seating.meeting.starts_at.astimezone(zone)
        lines = [(row.code, PERSON[row.gender], band_words(row.band), *map(str, seats)) for row, seats in tables]
        when = f"{starts.day}.{starts.month}.{starts.year} kl. {starts:%H:%M}"
        place, rounds = seating.meeting.place, len(seating.rounds)
        content = await asyncio.to_thread(printing.door_list, seating.meeting.heading, when, place, lines, rounds)
    else:
        tags = [(row.code, seats) for row, seats in tables]
        content = await asyncio.to_thread(printing.name_tags, seating.meeting.heading, tags)
    name = f"{'frammote' if sheet == 'door' else 'navnelapper'}-{seating.meeting.slug}.pdf"
    return Response(content, media_type="application/pdf", headers=attached(name))
