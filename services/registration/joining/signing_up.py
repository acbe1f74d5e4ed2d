"""Signing up: the form's content waits for the link in the mail, and vanishes when nobody opens it."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.joining.domain import JoinInput
from services.registration.new_address.moving import drop_old_address_changes
from services.registration.settings import registration_settings
from services.registration.store import contact_card, hold_address, lock_member, member_by_email
from services.registration.synthetic.domain import SOURCE
from services.registration.tables import Channel, Member, OnBehalf, SignUp
from shared.addresses import address_key
from shared.events.registration import ConfirmationRequested, ContactRemoved, SignUpRepeated
from shared.ids import new_id
from shared.messaging import emit, emit_new, forget_subject
from shared.service import Runtime

#: A notice about membership is worth sending for this long.
_NOTICE_LIFE = timedelta(days=1)


async def sign_up(
    session: AsyncSession,
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
    known = await member_by_email(session, form.email)
    applicant = await lock_member(session, known) if known else None
    if applicant is None or applicant.status == "erased":
        member = Member(
            id=new_id(),
            status="applicant",
            name=form.name,
            email=form.email,
            email_key=address_key(form.email),
            source=SOURCE if made_up else "form",
            language=form.language,
            generation=1,
            signed_up_at=now,
        )
        session.add(member)
    else:
        member = applicant
        member.generation += 1
    if member.status != "applicant":
        await emit(
            session, SignUpRepeated(member_id=member.id, generation=member.generation, send_before=now + _NOTICE_LIFE)
        )
        return member.id, member.generation
    member.name, member.email, member.language, member.signed_up_at = form.name, form.email, form.language, now
    await session.flush()
    session.add(await _filled_in(session, member, form, now, consent_version, source))
    expires = now + timedelta(days=unconfirmed_days)
    facts = (
        contact_card(member),
        ConfirmationRequested(
            member_id=member.id,
            generation=member.generation,
            send_before=expires,
            link_expires_at=expires,
            about="joining" if source == "form" else "joining_on_behalf",
        ),
    )
    await (emit_new(session, facts) if member is not applicant else emit(session, *facts))
    return member.id, member.generation


async def _filled_in(
    session: AsyncSession, member: Member, form: JoinInput, now: datetime, consent_version: str, source: str
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
        own_answers=list(form.own_answers or ()),
        text_version=consent_version,
        channel=known or None,
        signed_up_at=now,
        source=source,
    )


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
    for table in (SignUp, OnBehalf):
        await session.execute(sa.delete(table).where(table.member_id == member_id))
    await session.delete(applicant)
    await emit(session, ContactRemoved(member_id=member_id))
