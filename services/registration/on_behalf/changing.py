"""Changing what a member could change on the own page, and telling them by mail."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.consenting import choose_purposes
from services.registration.my_page.changing import save_details
from services.registration.my_page.pausing import pause_or_resume
from services.registration.new_address.moving import ask_for_new_address
from services.registration.on_behalf.domain import ChangeInput, Standing
from services.registration.settings import registration_settings
from services.registration.store import purposes_of
from services.registration.tables import Member, OnBehalf
from shared.addresses import address_key
from shared.events.registration import ChangedOnBehalf
from shared.ids import new_id
from shared.messaging import emit

#: A notice of a change is worth sending for this long.
_NOTICE_LIFE = timedelta(days=7)


async def standing_of(session: AsyncSession, member: Member) -> Standing:
    """What the member has told and chosen so far."""
    return Standing(
        name=member.name or "",
        email=member.email_key or "",
        year_of_birth=member.year_of_birth,
        gender=member.gender or "",
        postcode=member.area or "",
        lives_here=member.declared_resident_at is not None,
        language=member.language,
        status=member.status,
        purposes=frozenset(await purposes_of(session, member.id)),
    )


def standing_in(values: ChangeInput) -> Standing:
    """What the form asks for."""
    return Standing(
        name=values.name,
        email=address_key(values.email),
        year_of_birth=values.year_of_birth,
        gender=values.gender,
        postcode=values.postcode,
        lives_here=values.declared_resident,
        language=values.language,
        status=values.status,
        purposes=frozenset(values.purposes),
    )


async def change_on_behalf(
    session: AsyncSession, member: Member, values: ChangeInput, codes: tuple[str, ...], by: str, now: datetime
) -> None:
    """Give a locked member everything in ``values``; ``codes`` say what is new in it, ``by`` who writes it.

    A new address waits for its own link like one the member types in: a letter misheard on the phone would give a
    stranger the way into the member's page, and so would a caller who is somebody else. The notice goes to the
    address that counts until then.
    """
    await save_details(session, member, values, now)
    await choose_purposes(session, member, values.purposes, now, consent_text(values.how, values.note), values.how)
    await pause_or_resume(session, member, values.status, now)
    await keep_deed(session, member, codes, values.how, values.note, by, now)
    member.generation += 1
    await emit(
        session,
        ChangedOnBehalf(
            member_id=member.id,
            generation=member.generation,
            send_before=now + _NOTICE_LIFE,
            changes=codes,
            how=values.how,
        ),
    )
    if "email" in codes:
        expires = now + timedelta(days=registration_settings().unconfirmed_days)
        await ask_for_new_address(session, member, values.email, now, expires, may_mail=True)


def consent_text(how: str, note: str) -> str:
    """What stands as the version of the text consented to: where the paper lies, or the text that was read out."""
    return note if how == "paper" else registration_settings().consent_version


async def keep_deed(
    session: AsyncSession, member: Member, what: tuple[str, ...], how: str, note: str, by: str, now: datetime
) -> None:
    """Keep what was done for the member, why and by whom."""
    session.add(
        OnBehalf(id=new_id(), member_id=member.id, done_at=now, what=list(what), how=how, note=note, done_by=by)
    )
