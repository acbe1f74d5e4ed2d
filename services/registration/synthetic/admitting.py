"""A made-up resident's membership: told to everybody, counted by nobody, over within the hour."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.erasing import ERASING_SERVICES, erase
from services.registration.store import lock_member, member_states
from services.registration.synthetic.domain import SOURCE, STATUS
from services.registration.tables import ErasureReceipt, Member
from shared.events.registration import MemberJoined
from shared.messaging import emit
from shared.service import Runtime

#: Longer than any walk takes.
_LONGEST_STAY = timedelta(hours=1)


async def admit_synthetic(session: AsyncSession, member: Member, now: datetime) -> None:
    """The locked applicant takes part, and the panel does not grow."""
    member.status, member.joined_at = STATUS, now
    await emit(session, *(MemberJoined(**state) for state in await member_states(session, [member])))


async def clear_synthetic(rt: Runtime) -> None:
    """Job: erase made-up residents whose walk ended on the way; delete the rows of those erased in every service."""
    before = rt.now() - _LONGEST_STAY
    receipts = (
        sa.select(sa.func.count())
        .where(ErasureReceipt.member_id == Member.id, ErasureReceipt.service.in_(ERASING_SERVICES))
        .scalar_subquery()
    )
    async with rt.transaction() as session:
        ids = sa.select(Member.id).where(Member.status == STATUS, Member.joined_at < before)
        for member_id in list(await session.scalars(ids)):
            member = await lock_member(session, member_id)
            if member is not None and member.status == STATUS:
                await erase(session, member, rt.now())
        leavers = list(
            await session.scalars(
                sa.select(Member.id).where(
                    Member.source == SOURCE,
                    Member.status == "erased",
                    Member.erased_at < before,
                    receipts >= len(ERASING_SERVICES),
                )
            )
        )
        await session.execute(sa.delete(ErasureReceipt).where(ErasureReceipt.member_id.in_(leavers)))
        await session.execute(sa.delete(Member).where(Member.id.in_(leavers)))
