"""The answer to a member who asks for their data: the matters that notifications says are theirs.

results itself keeps nothing under a member, and forgets at once whose they are.
"""

import json

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.results.tables import Suggestion
from shared.events.notifications import MattersNamed
from shared.events.results import MemberDataGathered
from shared.member_data import NOT_CONFIRMED, tell_data
from shared.messaging import Delivery

#: An event may be twice as large; anybody can give anybody's address, and long texts with it.
_MOST_BYTES = 500_000


async def gather_data(session: AsyncSession, event: MattersNamed, delivery: Delivery) -> None:
    """Answer a request."""
    if delivery.replay:
        return
    matters = await session.scalars(
        sa.select(Suggestion)
        .where(Suggestion.id.in_(event.suggestion_ids))
        .order_by(Suggestion.registered_at.desc(), Suggestion.id)
    )
    rows, size = [], 0
    for matter in matters:
        row = _row(matter)
        size += len(json.dumps(row, ensure_ascii=False).encode())
        if size > _MOST_BYTES:
            row = {name: row[name] for name in ("matter_id", "whose")}
            row["not_all_is_here"] = "ask the municipality for the rest"
        rows.append(row)
    await tell_data(session, event, delivery, MemberDataGathered, {"matters_raised_from_the_address": rows})


def _row(matter: Suggestion) -> dict[str, str]:
    """What is kept of a matter, the newest state of it."""
    return {
        "matter_id": str(matter.id),
        "whose": NOT_CONFIRMED,
        "registered_at": matter.registered_at.isoformat(),
        "by": matter.channel,
        "language": matter.language,
        "heading": matter.heading or "",
        "text": matter.text or "",
        "cut_from_the_letter": matter.removed or "",
        "place": matter.place or "",
        "why": matter.why or "",
        "wants_answer": "yes" if matter.wants_answer else "no",
        "attachments_refused": str(matter.attachments_refused),
        "state": matter.state,
        "public_heading": matter.public_heading or "",
        "public_text": matter.public_text or "",
        "public_page": f"/suggest/{matter.slug}" if matter.slug else "",
        "forwarded_to": matter.forwarded_to or "",
        "merged_into": str(matter.merged_into or ""),
        "answer": matter.answer or "",
        "answered_at": matter.answered_at.isoformat() if matter.answered_at else "",
    }
