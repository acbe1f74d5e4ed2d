"""Signing up: the form's content waits for the link in the mail, and vanishes when nobody opens it."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.joining.domain import JoinInput
from services.registration.new_address.moving import drop_old_address_changes
from services.registration.settings import registration_settings
from services.registration.store import hold_address, lock_member, member_by_email
from services.registration.synthetic.domain import SOURCE
from services.registration.tables import Member, OnBehalf, SignUp
from shared.addresses import address_key
from shared.database import Transaction, run_sql
from shared.events.registration import ConfirmationRequested, ContactChanged, ContactRemoved, SignUpRepeated
from shared.ids import new_id
from shared.messaging import emit, emit_new, forget_subject, lock
from shared.service import Runtime

#: A notice about membership is worth sending for this long.
_NOTICE_LIFE = timedelta(days=1)


_STANDING = "select status, generation from registration.member where id = $1"
_NOTICE = "update registration.member set generation = $2 where id = $1"
_APPLY = """
insert into registration.member
    (id, status, name, email, email_key, source, language, generation, signed_up_at)
values ($1, 'applicant', $2, $3, $4, $5, $6, 1, $7)
"""
_APPLY_AGAIN = """
update registration.member set generation = $2, name = $3, email = $4, language = $5, signed_up_at = $6 where id = $1
"""
_CHANNEL = "select code from registration.channel where code = $1"
_FILL_IN = """
insert into registration.sign_up
    (member_id, generation, name, email, year_of_birth, gender, area, declared_resident, language, purposes,
    own_answers, text_version, channel, signed_up_at, source)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""


async def sign_up(
    session: Transaction,
    form: JoinInput,
    now: datetime,
    *,
    unconfirmed_days: int,
    consent_version: str,
    source: str = "form",
    made_up: bool = False,
) -> tuple[UUID, int]:
    """A new applicant with a link on its way; an address we know gets a fresh link or "already a member".

    Which of them it was is seen in the mail only, never on the page. Each link confirms what was filled in for it.
    ``source`` says where the consents come from, when staff have filled the form in for somebody. Returns the id and
    generation of the link or notice, for ``take_back``.
    """
    await hold_address(session, form.email)
    member = await member_by_email(session, form.email)
    status, generation = await _standing(session, member) if member else ("erased", 0)
    is_new = member is None or status == "erased"
    member_id, generation = (new_id(), 1) if member is None or is_new else (member, generation + 1)
    if not is_new and status != "applicant":
        await run_sql(session, _NOTICE, member_id, generation)
        await emit(session, SignUpRepeated(member_id=member_id, generation=generation, send_before=now + _NOTICE_LIFE))
        return member_id, generation
    if is_new:
        origin = SOURCE if made_up else "form"
        key = address_key(form.email)
        await run_sql(session, _APPLY, member_id, form.name, form.email, key, origin, form.language, now)
    else:
        await run_sql(session, _APPLY_AGAIN, member_id, generation, form.name, form.email, form.language, now)
    await _fill_in(session, member_id, generation, form, now, consent_version, source)
    expires = now + timedelta(days=unconfirmed_days)
    facts = (
        ContactChanged(member_id=member_id, name=form.name, email=form.email, language=form.language),
        ConfirmationRequested(
            member_id=member_id,
            generation=generation,
            send_before=expires,
            link_expires_at=expires,
            about="joining" if source == "form" else "joining_on_behalf",
        ),
    )
    await (emit_new(session, facts) if is_new else emit(session, *facts))
    return member_id, generation


async def _standing(session: Transaction, member_id: UUID) -> tuple[str, int]:
    """Status and generation, read under the member's lock."""
    await lock(session, member_id)
    rows = await run_sql(session, _STANDING, member_id)
    return tuple(rows[0]) if rows else ("erased", 0)


async def _fill_in(
    session: Transaction,
    member_id: UUID,
    generation: int,
    form: JoinInput,
    now: datetime,
    consent_version: str,
    source: str,
) -> None:
    channel = await run_sql(session, _CHANNEL, form.kanal) if form.kanal else ()
    await run_sql(
        session, _FILL_IN, member_id, generation, form.name, form.email, form.year_of_birth, form.gender, form.postcode,
        form.declared_resident, form.language, list(form.purposes), list(form.own_answers or ()), consent_version,
        channel[0][0] if channel else None, now, source,
    )  # fmt: skip


async def take_back(session: AsyncSession, member_id: UUID, generation: int) -> None:
    """Forget a sign-up that went to a wrong address: whoever got the mail reads nothing of it behind the link."""
    member = await lock_member(session, member_id)
    if member is None or member.status != "applicant":
        return
    mine = SignUp.member_id == member_id
    await session.execute(sa.delete(SignUp).where(mine, SignUp.generation == generation))
    if await session.scalar(sa.select(sa.func.count()).where(mine)) == 0:
        await _forget(session, member)


async def forget_unconfirmed(rt: Runtime) -> None:
    """Erase sign-ups and new addresses that nobody confirmed in time."""
    before = rt.now() - timedelta(days=registration_settings().unconfirmed_days)
    async with rt.transaction() as session:
        await drop_unconfirmed(session, before)
    async with rt.transaction() as session:
        await drop_old_address_changes(session, before)


async def drop_unconfirmed(session: AsyncSession, before: datetime) -> int:
    """Erase applicants whose latest sign-up lies before this instant; how many went."""
    old = await session.scalars(
        sa.select(Member.id)
        .where(Member.status == "applicant", Member.signed_up_at < before)
        .order_by(Member.signed_up_at)
        .limit(100)
    )
    count = 0
    for member_id in list(old):
        # The subject first, as every page does it: the other way round a confirmation would deadlock with this.
        member = await lock_member(session, member_id)
        if member is None or member.status != "applicant" or member.signed_up_at >= before:
            continue
        await _forget(session, member)
        count += 1
    return count


async def _forget(session: AsyncSession, applicant: Member) -> None:
    member_id = applicant.id
    await forget_subject(session, member_id)
    for table in (SignUp, OnBehalf):
        await session.execute(sa.delete(table).where(table.member_id == member_id))
    await session.delete(applicant)
    await emit(session, ContactRemoved(member_id=member_id))
