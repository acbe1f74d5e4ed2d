"""Sending sign-in links: each request is stored first and looked up later, so that the page takes the same time for a
member as for a stranger.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.settings import registration_settings
from services.registration.store import lock_member, member_by_email
from services.registration.tables import Member, SignInAsked
from shared.database import count_rows
from shared.events.registration import SignInRequested
from shared.ids import random_id
from shared.messaging import emit
from shared.service import Runtime

#: Links an hour to one address that anybody may ask for, and as many more from a browser that has signed in with it.
MOST_AN_HOUR = 6
_HOUR = sa.func.make_interval(0, 0, 0, 0, 1)


async def keep_asked(session: AsyncSession, email_key: str, *, known: bool) -> None:
    """Keep that a link was asked for; the job does the rest."""
    session.add(SignInAsked(id=random_id(), email_key=email_key, known=known))


async def send_links(rt: Runtime) -> None:
    """Job: each address asked for gets a link if it is a member's and its hour is not full."""
    while True:
        async with rt.transaction() as session:
            member = await session.scalar(
                sa.select(SignInAsked)
                .where(SignInAsked.sent.is_(None))
                .order_by(SignInAsked.asked_at)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if member is None:
                return
            member.sent = await _send(session, member, rt.now())


async def forget_asked(rt: Runtime) -> None:
    """Job: what was asked for an hour ago no longer counts."""
    async with rt.transaction() as session:
        await session.execute(sa.delete(SignInAsked).where(SignInAsked.asked_at < sa.func.now() - _HOUR))


async def _send(session: AsyncSession, row: SignInAsked, now: datetime) -> bool:
    member_id = await member_by_email(session, row.email_key)
    member = await lock_member(session, member_id) if member_id else None
    if member is None or not member.takes_part or member.email_key != row.email_key:
        return False
    lately = sa.select(SignInAsked).where(
        SignInAsked.email_key == row.email_key,
        SignInAsked.known == row.known,
        SignInAsked.sent.is_(True),
        SignInAsked.asked_at > sa.func.now() - _HOUR,
    )
    if await count_rows(session, lately) >= MOST_AN_HOUR:
        return False
    await _emit_link(session, member, now)
    return True


async def _emit_link(session: AsyncSession, member: Member, now: datetime) -> None:
    member.generation += 1
    ends = now + timedelta(minutes=registration_settings().sign_in_minutes)
    await emit(
        session,
        SignInRequested(member_id=member.id, generation=member.generation, send_before=ends, link_expires_at=ends),
    )
