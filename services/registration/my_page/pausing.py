"""Pausing and going on: who has a pause is neither asked nor drawn."""

from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.admitting import reach_after_change
from services.registration.store import changed_event
from services.registration.tables import Member
from shared.messaging import emit


async def pause_or_resume(
    session: AsyncSession, member: Member, status: Literal["active", "paused"], now: datetime
) -> None:
    """Give a locked member this status; nothing where it is that already."""
    if member.status == status:
        return
    member.status = status
    await emit(session, await changed_event(session, member))
    await reach_after_change(session, now)
