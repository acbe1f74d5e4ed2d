"""Reads, locks and cards of members that several verbs share."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.population.store import areas_in_force
from services.registration.tables import Consent, Member
from shared.addresses import address_key
from shared.database import Transaction, hold, run_sql
from shared.events.registration import ContactChanged, MemberChanged
from shared.messaging import lock

_KNOWN = "select id from registration.member where email_key = $1"


async def member_by_email(session: Transaction, email: str) -> UUID | None:
    """Id of the applicant or member with this address."""
    rows = await run_sql(session, _KNOWN, address_key(email))
    return rows[0][0] if rows else None


async def lock_member(session: AsyncSession, member_id: UUID) -> Member | None:
    """The member, under the subject's lock and with its newest state."""
    await lock(session, member_id)
    return await session.get(Member, member_id, populate_existing=True)


def in_panel(member: Member | None) -> Member | None:
    """The member, if it has confirmed and has not left."""
    return member if member is not None and member.in_panel else None


async def hold_address(session: Transaction, *emails: str) -> None:
    """Let nobody else sign up or import these addresses until the transaction ends."""
    await hold(session, *(address_key(email) for email in emails))


def contact_card(member: Member) -> ContactChanged:
    """The member's card for notifications."""
    return ContactChanged(
        member_id=member.id,
        name=member.name or "",
        email=member.email or "",
        language=member.language,
        address_number=member.address_number,
    )


async def purposes_of(session: AsyncSession, member_id: UUID) -> tuple[str, ...]:
    """Purposes consented to and not withdrawn, sorted."""
    return (await _purposes(session, [member_id])).get(member_id, ())


async def _purposes(session: AsyncSession, member_ids: Sequence[UUID]) -> dict[UUID, tuple[str, ...]]:
    rows = await session.execute(
        sa.select(Consent.member_id, sa.func.array_agg(sa.distinct(Consent.purpose)))
        .where(Consent.member_id == sa.any_(sa.literal(member_ids, ARRAY(sa.Uuid))), Consent.withdrawn_at.is_(None))
        .group_by(Consent.member_id)
    )
    return {member_id: tuple(sorted(purposes)) for member_id, purposes in rows}


async def member_states(session: AsyncSession, members: Sequence[Member]) -> list[dict[str, object]]:
    """The fields of MemberState of each: what others may know about the member."""
    purposes = await _purposes(session, [member.id for member in members])
    areas = await areas_in_force(session)
    return [
        {
            "member_id": member.id,
            "year_of_birth": member.year_of_birth,
            "gender": member.gender,
            "area": areas.of(member.area),
            "area_scheme": areas.code,
            "purposes": purposes.get(member.id, ()),
            "status": member.status,
            "joined_at": member.joined_at,
            "reachable": member.unreachable_since is None,
            "language": member.language,
        }
        for member in members
    ]


async def changed_event(session: AsyncSession, member: Member) -> MemberChanged:
    """The member's full state after a change."""
    return MemberChanged(**(await member_states(session, [member]))[0])
