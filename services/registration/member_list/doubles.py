"""Members who share a mailbox since addresses got one normal form, until staff decide whose it is."""

from collections.abc import Mapping
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.registration.tables import Member
from shared.addresses import address_key

#: Never found in a normal address; the few rows that match are then checked in Python.
_STRANGE = r"[^!-~]|@.*[A-Z]|@(.*\.)?[xX][nN]--"


async def doubles(session: AsyncSession) -> Mapping[UUID, UUID]:
    """Member -> the other member with the same mailbox, each of a pair by the other."""
    strange = await session.execute(
        sa.select(Member.id, Member.email, Member.email_key).where(Member.in_panel, Member.email.regexp_match(_STRANGE))
    )
    keys = {row.id: address_key(row.email) for row in strange if row.email_key != address_key(row.email)}
    if not keys:
        return {}
    other = aliased(Member)
    owners = await session.execute(
        sa.select(other.email_key, other.id).where(other.email_key.in_(keys.values()), other.in_panel)
    )
    by_key = {row.email_key: row.id for row in owners}
    pairs = {member_id: by_key[key] for member_id, key in keys.items() if key in by_key}
    return pairs | {other_id: member_id for member_id, other_id in pairs.items()}
