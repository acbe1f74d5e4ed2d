"""Every query of joining, and ``admit``: what a confirmed join changes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.joining.domain import JoinInput
from services.registration.population.store import areas_in_force
from services.registration.tables import Channel, Consent, Member, Panel, SignUp, Threshold
from shared.addresses import address_key
from shared.database import run_sql
from shared.events.registration import (
    ConfirmationRequested,
    ContactChanged,
    ContactRemoved,
    MemberJoined,
    PanelThresholdReached,
    SignUpRepeated,
)
from shared.ids import new_id
from shared.messaging import emit, emit_new, forget_subject, lock

#: A notice about membership that is older than this says nothing any more.
_NOTICE_LIFE = timedelta(days=1)


async def member_by_email(session: AsyncSession, email: str) -> UUID | None:
    """Id of the applicant or member with this address."""
    return await session.scalar(sa.select(Member.id).where(Member.email_key == address_key(email)))


async def lock_member(session: AsyncSession, member_id: UUID) -> Member | None:
    """The member, under the subject's lock and with its newest state."""
    await lock(session, member_id)
    return await session.get(Member, member_id, populate_existing=True)


def contact_card(member: Member) -> ContactChanged:
    """The member's card for notifications."""
    return ContactChanged(
        member_id=member.id, name=member.name or "", email=member.email or "", language=member.language
    )


async def sign_up(
    session: AsyncSession, form: JoinInput, now: datetime, *, unconfirmed_days: int, consent_version: str
) -> tuple[UUID, int]:
    """A new applicant with a link on its way; an address we know gets a fresh link or "already a member".

    Which of them it was is seen in the mail only, never on the page. Each link confirms what was filled in for it.
    Returns the id and generation of the link or notice, for ``take_back``.
    """
    await hold_address(session, form.email)
    known = await member_by_email(session, form.email)
    if known is None:
        member = Member(
            id=new_id(),
            status="applicant",
            name=form.name,
            email=form.email,
            email_key=address_key(form.email),
            source="form",
            language=form.language,
            generation=1,
            signed_up_at=now,
        )
        session.add(member)
    else:
        found = await lock_member(session, known)
        assert found is not None
        member = found
        member.generation += 1
    if member.status != "applicant":
        await emit(
            session,
            SignUpRepeated(member_id=member.id, generation=member.generation, send_before=now + _NOTICE_LIFE),
        )
        return member.id, member.generation
    member.name, member.email, member.language, member.signed_up_at = form.name, form.email, form.language, now
    await session.flush()
    session.add(await _filled_in(session, member, form, now, consent_version))
    expires = now + timedelta(days=unconfirmed_days)
    facts = (
        contact_card(member),
        ConfirmationRequested(
            member_id=member.id, generation=member.generation, send_before=expires, link_expires_at=expires
        ),
    )
    await (emit_new(session, facts) if known is None else emit(session, *facts))
    return member.id, member.generation


async def take_back(session: AsyncSession, member_id: UUID, generation: int) -> None:
    """Forget a sign-up that went to a wrong address: whoever got the mail reads nothing of it behind the link."""
    member = await lock_member(session, member_id)
    if member is None or member.status != "applicant":
        return
    mine = SignUp.member_id == member_id
    await session.execute(sa.delete(SignUp).where(mine, SignUp.generation == generation))
    if await session.scalar(sa.select(sa.func.count()).where(mine)) == 0:
        await _forget(session, member)


async def hold_address(session: AsyncSession, *emails: str) -> None:
    """Let nobody else sign up or import these addresses until the transaction ends.

    They are taken in one order, so that two that hold several cannot wait for each other.
    """
    held = "select pg_advisory_xact_lock(hashtextextended(key, 0)) from unnest($1::text[]) as address(key)"
    await run_sql(session, held, sorted({address_key(email) for email in emails}))


async def _filled_in(
    session: AsyncSession, member: Member, form: JoinInput, now: datetime, consent_version: str
) -> SignUp:
    known = form.kanal and await session.scalar(sa.select(Channel.code).where(Channel.code == form.kanal))
    return SignUp(
        member_id=member.id,
        generation=member.generation,
        name=form.name,
        email=form.email,
        year_of_birth=form.year_of_birth,
        gender=form.gender,
        area=form.postcode,
        declared_resident=form.declared_resident,
        language=form.language,
        purposes=list(form.purposes),
        text_version=consent_version,
        channel=known or None,
        signed_up_at=now,
    )


async def confirm(session: AsyncSession, member: Member, generation: int, now: datetime) -> bool:
    """The locked applicant becomes the member described for this link; False when there is no such description."""
    told = await session.get(SignUp, (member.id, generation))
    if told is None:
        return False
    member.name, member.email, member.language = told.name, told.email, told.language
    member.year_of_birth, member.gender, member.area = told.year_of_birth, told.gender, told.area
    member.declared_resident_at = told.signed_up_at if told.declared_resident else None
    member.channel = told.channel
    add_consents(session, member, told.purposes, told.signed_up_at, told.text_version, "form")
    await session.execute(sa.delete(SignUp).where(SignUp.member_id == member.id))
    await session.flush()
    if generation != member.generation:
        # A later sign-up had sent its own card meanwhile.
        await emit(session, contact_card(member))
    await admit(session, [member], now)
    return True


def add_consents(
    session: AsyncSession, member: Member, purposes: Sequence[str], now: datetime, version: str, source: str
) -> None:
    """One consent row per purpose."""
    session.add_all(
        Consent(
            id=new_id(),
            member_id=member.id,
            purpose=purpose,
            text_version=version,
            language=member.language,
            source=source,
            given_at=now,
        )
        for purpose in purposes
    )


async def purposes_of(session: AsyncSession, member_id: UUID) -> tuple[str, ...]:
    """Purposes consented to and not withdrawn, sorted."""
    return (await _purposes(session, [member_id])).get(member_id, ())


async def _purposes(session: AsyncSession, member_ids: Sequence[UUID]) -> dict[UUID, tuple[str, ...]]:
    found = await session.execute(
        sa.select(Consent.member_id, sa.func.array_agg(sa.distinct(Consent.purpose)))
        .where(Consent.member_id == sa.any_(sa.literal(member_ids, ARRAY(sa.Uuid))), Consent.withdrawn_at.is_(None))
        .group_by(Consent.member_id)
    )
    return {member_id: tuple(sorted(purposes)) for member_id, purposes in found}


async def admit(session: AsyncSession, members: Sequence[Member], now: datetime) -> None:
    """Locked applicants (or imported persons) become members: the panel grows and thresholds are stamped.

    ``panel``'s row lock serialises joins, so exactly one join reaches each threshold; an import that jumps over one
    reaches it too.
    """
    for member in members:
        member.status, member.joined_at = "active", now
    grown = await session.execute(
        pg_insert(Panel)
        .values(id=1, size=len(members))
        .on_conflict_do_update(index_elements=["id"], set_={"size": Panel.size + len(members)})
        .returning(Panel.size)
    )
    size = grown.scalar_one()
    await session.flush()
    await emit(session, *(MemberJoined(**state) for state in await member_states(session, members)))
    await reach_thresholds(session, size, now)


async def reach_thresholds(session: AsyncSession, size: int, now: datetime) -> None:
    """Stamp and announce each threshold at or below ``size`` that was not reached; the panel's row is locked."""
    reached = await session.execute(
        sa.update(Threshold)
        .where(Threshold.size <= size, Threshold.reached_at.is_(None))
        .values(reached_at=now)
        .returning(Threshold.id, Threshold.size)
    )
    for row in sorted(reached, key=lambda row: row.size):
        await lock(session, row.id)
        await emit(
            session,
            PanelThresholdReached(threshold_id=row.id, size=row.size, panel_size=size, reached_at=now),
        )


async def member_states(session: AsyncSession, members: Sequence[Member]) -> list[dict[str, Any]]:
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
        }
        for member in members
    ]


async def panel_size(session: AsyncSession) -> int:
    """Confirmed members."""
    return await session.scalar(sa.select(Panel.size)) or 0


async def drop_unconfirmed(session: AsyncSession, before: datetime, limit: int = 100) -> int:
    """Erase applicants whose latest sign-up lies before this instant; how many went."""
    old = await session.scalars(
        sa.select(Member.id)
        .where(Member.status == "applicant", Member.signed_up_at < before)
        .order_by(Member.signed_up_at)
        .limit(limit)
    )
    gone = 0
    for member_id in list(old):
        # The subject first, as every page does it: the other way round a confirmation would deadlock with this.
        member = await lock_member(session, member_id)
        if member is None or member.status != "applicant" or member.signed_up_at >= before:
            continue
        await _forget(session, member)
        gone += 1
    return gone


async def _forget(session: AsyncSession, applicant: Member) -> None:
    member_id = applicant.id
    await forget_subject(session, member_id)
    await session.execute(sa.delete(SignUp).where(SignUp.member_id == member_id))
    await session.delete(applicant)
    await session.flush()
    await emit(session, ContactRemoved(member_id=member_id))
