"""Gathering a member's data: asked for by event, collected like the receipts of an erasure."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.erasing import ERASING_SERVICES
from services.registration.my_page.store import OwnPage, as_data
from services.registration.tables import DataRequest
from shared.events.member_data import MemberData
from shared.events.registration import MemberDataRequested
from shared.ids import new_id
from shared.messaging import Delivery, emit
from shared.service import Runtime
from shared.web.staff import audit_of

#: What was gathered stays this long for the member to take along.
KEPT_FOR = timedelta(days=7)


async def ask_everybody(session: AsyncSession, member_id: UUID, now: datetime) -> None:
    """Ask each service anew; the member is locked."""
    await session.execute(sa.delete(DataRequest).where(DataRequest.member_id == member_id))
    request = DataRequest(id=new_id(), member_id=member_id, asked_at=now)
    session.add(request)
    await emit(session, MemberDataRequested(request_id=request.id, member_id=member_id, asked_at=now))


async def keep_part(session: AsyncSession, event: MemberData, _: Delivery) -> None:
    """Store a service's answer, unless the request is over or its member has been erased meanwhile."""
    request = await session.get(DataRequest, event.request_id, with_for_update=True)
    if request is None or request.member_id != event.member_id:
        return
    part = {"gathered_at": event.gathered_at.isoformat(), "kept": event.kept}
    request.parts = {**request.parts, event.source_service(): part}


async def request_of(session: AsyncSession, member_id: UUID) -> DataRequest | None:
    """The member's open request, while its answers are still kept."""
    return await session.scalar(sa.select(DataRequest).where(DataRequest.member_id == member_id))


def missing(request: DataRequest | None) -> list[str]:
    """Services that have not answered yet."""
    return [name for name in ERASING_SERVICES if request is None or name not in request.parts]


async def whole_file(session: AsyncSession, page: OwnPage) -> dict[str, object]:
    """The file: what registration keeps, who has looked, and each other service's part or that it is missing."""
    request = await request_of(session, page.member.id)
    looked = await audit_of(session, page.member.id, limit=1000)
    parts: dict[str, object] = dict(request.parts) if request else {}
    waits = "has not answered yet" if request else "has not been asked yet"
    return as_data(page) | {
        "looked_at_or_changed_by_staff": [
            {"at": row.at.isoformat(), "who": row.actor_name, "what": row.action} for row in looked
        ],
        "asked_the_other_services_at": request.asked_at.isoformat() if request else None,
        "other_services": {name: parts.get(name, waits) for name in ERASING_SERVICES},
    }


async def forget_gathered(rt: Runtime) -> None:
    """Job: gathered copies are removed after the days a member has to fetch them."""
    async with rt.transaction() as session:
        await session.execute(sa.delete(DataRequest).where(DataRequest.asked_at < rt.now() - KEPT_FOR))
