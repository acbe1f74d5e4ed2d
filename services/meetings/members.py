"""The projection of members: one upsert per state, blanked at erasure."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.tables import Member
from shared.events.meetings import MemberDataErased
from shared.events.registration import MemberChanged, MemberErased, MemberJoined, MemberLeft
from shared.messaging import Delivery, emit, forget_subject, lock, subscribe

_BLANK = {"status": None, "year_of_birth": None, "gender": None, "area": None, "purposes": None}


async def project_member(
    session: AsyncSession, event: MemberJoined | MemberChanged | MemberLeft | MemberErased, _: Delivery
) -> None:
    """Keep the member's newest state; who has left is not asked any more, who is erased is forgotten."""
    if isinstance(event, MemberErased):
        await _put(session, event.member_id, {**_BLANK, "erased": True})
        await lock(session, event.member_id)
        await forget_subject(session, event.member_id)
        await emit(session, MemberDataErased(member_id=event.member_id, erased_at=event.erased_at))
    elif isinstance(event, MemberLeft):
        await _put(session, event.member_id, _BLANK)
    else:
        state = {"year_of_birth": event.year_of_birth, "gender": event.gender, "area": event.area}
        await _put(session, event.member_id, {**state, "status": event.status, "purposes": list(event.purposes)})


async def _put(session: AsyncSession, member_id: UUID, values: dict[str, Any]) -> None:
    await session.execute(
        pg_insert(Member)
        .values(id=member_id, **values)
        .on_conflict_do_update(index_elements=["id"], set_=values, where=Member.erased.is_(False))
    )


async def willing_members(session: AsyncSession) -> int:
    """Active members who consented to meetings."""
    return (
        await session.scalar(
            sa.select(sa.func.count()).where(Member.status == "active", Member.purposes.contains(["meetings"]))
        )
        or 0
    )


HANDLERS = [
    subscribe("meetings.project_member", project_member, MemberJoined, MemberChanged, MemberLeft, MemberErased),
]
