"""Taking in a previewed file: as a whole or not at all."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.joining.domain import JoinInput, email_key
from services.registration.joining.store import (
    add_consents,
    admit,
    contact_card,
    hold_address,
    lock_member,
    member_by_email,
)
from services.registration.tables import Member, SignUp
from shared.ids import new_id
from shared.messaging import emit, lock

#: These members read the municipality's own text before the panel had this system, not ours.
TEXT_VERSION = "import"


async def known_addresses(session: AsyncSession) -> frozenset[str]:
    """Keys of members' addresses; somebody who has only signed up may be imported."""
    found = await session.scalars(sa.select(Member.email_key).where(Member.status.in_(["active", "paused"])))
    return frozenset(key for key in found if key)


async def import_members(session: AsyncSession, rows: Sequence[JoinInput], now: datetime) -> int:
    """Each person a member at once, without a mail; how many. Who is a member already is left alone.

    Somebody with an unconfirmed sign-up becomes the member the file describes; links to that sign-up end.
    """
    imported = 0
    # In one order, so that two imports cannot wait for each other.
    for row in sorted(rows, key=lambda row: email_key(row.email)):
        await hold_address(session, row.email)
        member = await _applicant(session, row, now)
        if member is None:
            continue
        member.name, member.email, member.language, member.source = row.name, row.email, row.language, "import"
        member.year_of_birth, member.gender, member.area = row.year_of_birth, row.gender, row.postcode
        member.declared_resident_at = now if row.declared_resident else None
        add_consents(session, member, row.purposes, now, TEXT_VERSION, "import")
        await session.flush()
        await emit(session, contact_card(member))
        await admit(session, member, now)
        imported += 1
    return imported


async def _applicant(session: AsyncSession, row: JoinInput, now: datetime) -> Member | None:
    """A locked applicant with the row's address, a new one if need be; None for a member."""
    known = await member_by_email(session, row.email)
    if known is not None:
        member = await lock_member(session, known)
        if member is None or member.status != "applicant":
            return None
        await session.execute(sa.delete(SignUp).where(SignUp.member_id == member.id))
        return member
    member = Member(
        id=new_id(),
        status="applicant",
        email_key=email_key(row.email),
        language=row.language,
        source="import",
        signed_up_at=now,
    )
    session.add(member)
    await session.flush()
    await lock(session, member.id)
    return member
