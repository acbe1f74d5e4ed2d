"""A service's part of a member's data file: what it keeps by heading, and who of staff looked at the member there."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.member_data import MemberData
from shared.events.notifications import MattersNamed
from shared.events.registration import MemberDataRequested
from shared.messaging import Delivery, emit, lock
from shared.web.staff import audit_of

_MOST_LOOKS = 1000
#: Said at each matter from the address: anybody can type an address into the form, or write it as a letter's sender.
NOT_CONFIRMED = "sendt inn med din adresse, ikke bekreftet: vi vet ikke om det var du som sendte"


async def tell_data(
    session: AsyncSession,
    event: MemberDataRequested | MattersNamed,
    delivery: Delivery,
    event_class: type[MemberData],
    records: Mapping[str, Sequence[dict[str, str]]],
) -> None:
    """Answer a request with the rows in ``records``; headings without rows are left out."""
    looked = [
        {"at": row.at.isoformat(), "who": row.actor_name, "what": row.action}
        for row in await audit_of(session, event.member_id, limit=_MOST_LOOKS)
    ]
    whole = {**records, "looked_at_or_changed_by_staff": looked}
    await lock(session, event.member_id)
    await emit(
        session,
        event_class(
            request_id=event.request_id,
            member_id=event.member_id,
            kept={heading: list(rows) for heading, rows in whole.items() if rows},
            gathered_at=delivery.now,
        ),
    )
