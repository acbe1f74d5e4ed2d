"""Taking people in from a file: each becomes a member at once, on request with a mail of welcome."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.admitting import admit
from services.registration.consenting import add_consents
from services.registration.joining.domain import JoinInput
from services.registration.store import contact_card, hold_address
from services.registration.tables import Member, SignUp
from shared.addresses import address_key
from shared.events.registration import MemberWelcomeDue
from shared.ids import new_id
from shared.messaging import emit, lock

#: These members read the municipality's own text before the panel had this system, not ours.
TEXT_VERSION = "import"
_WELCOME_LIFE = timedelta(days=7)


async def known_addresses(session: AsyncSession) -> frozenset[str]:
    """Keys of members' addresses; somebody who has only signed up may be imported."""
    keys = await session.scalars(sa.select(Member.email_key).where(Member.in_panel))
    return frozenset(key for key in keys if key)


async def import_members(
    session: AsyncSession,
    rows: Sequence[JoinInput],
    now: datetime,
    reference: str | None = None,
    *,
    welcome: bool = False,
) -> int:
    """Make each person a member at once, with a mail only where ``welcome`` asks for it; how many became one.

    Who is a member already is left alone.

    ``reference`` says where their consents are kept. Somebody with an unconfirmed sign-up becomes the member the file
    describes; links to that sign-up end.
    """
    by_key: dict[str, JoinInput] = {}
    for row in rows:
        by_key.setdefault(address_key(row.email), row)
    await hold_address(session, *(row.email for row in by_key.values()))
    known = {
        row.email_key: row.id
        for row in await session.execute(
            sa.select(Member.email_key, Member.id).where(
                Member.email_key == sa.any_(sa.literal(list(by_key), ARRAY(sa.Text)))
            )
        )
    }
    members = [*await _applicants(session, list(known.values())), *await _added(session, by_key, known, now)]
    if not members:
        return 0
    for member in members:
        row = by_key[member.email_key or ""]
        member.name, member.email, member.language, member.source = row.name, row.email, row.language, "import"
        member.year_of_birth, member.gender, member.area = row.year_of_birth, row.gender, row.postcode
        member.declared_resident_at = now if row.declared_resident else None
        add_consents(session, member, row.purposes, now, reference or TEXT_VERSION, "import")
    await emit(session, *(contact_card(member) for member in members))
    await admit(session, members, now)
    if welcome:
        due = (
            MemberWelcomeDue(member_id=member.id, generation=1, send_before=now + _WELCOME_LIFE) for member in members
        )
        await emit(session, *due)
    return len(members)


async def _applicants(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[Member]:
    """The members of ``ids`` who have only signed up: locked, and their sign-ups forgotten."""
    if not ids:
        return []
    await lock(session, *ids)
    mine = sa.any_(sa.literal(ids, ARRAY(sa.Uuid)))
    applicants = (await session.scalars(sa.select(Member).where(Member.id == mine, Member.status == "applicant"))).all()
    await session.execute(sa.delete(SignUp).where(SignUp.member_id.in_([member.id for member in applicants])))
    return applicants


async def _added(
    session: AsyncSession, rows: Mapping[str, JoinInput], keys: Collection[str], now: datetime
) -> Sequence[Member]:
    """A new, locked applicant for each address that nobody has, by its key."""
    newcomers = [
        Member(id=new_id(), status="applicant", email_key=key, language=row.language, source="import", signed_up_at=now)
        for key, row in rows.items()
        if key not in keys
    ]
    session.add_all(newcomers)
    await lock(session, *(member.id for member in newcomers))
    return newcomers
