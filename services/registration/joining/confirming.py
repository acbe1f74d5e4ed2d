"""Confirming: the applicant becomes the member described for the link."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.admitting import admit
from services.registration.consenting import add_consents
from services.registration.store import contact_card
from services.registration.synthetic.admitting import admit_synthetic
from services.registration.synthetic.domain import SOURCE
from services.registration.tables import Member, SignUp
from shared.messaging import emit


async def confirm(session: AsyncSession, member: Member, generation: int, now: datetime) -> bool:
    """The locked applicant becomes the member described for this link; False when there is no such description."""
    sign_up = await session.get(SignUp, (member.id, generation))
    if sign_up is None:
        return False
    member.name, member.email, member.language = sign_up.name, sign_up.email, sign_up.language
    member.year_of_birth, member.gender, member.area = sign_up.year_of_birth, sign_up.gender, sign_up.area
    member.declared_resident_at = sign_up.signed_up_at if sign_up.declared_resident else None
    member.channel, member.own_answers = sign_up.channel, sign_up.own_answers
    add_consents(session, member, sign_up.purposes, sign_up.signed_up_at, sign_up.text_version, sign_up.source)
    await session.execute(sa.delete(SignUp).where(SignUp.member_id == member.id))
    if generation != member.generation:
        # A later sign-up had sent its own card meanwhile.
        await emit(session, contact_card(member))
    if member.source == SOURCE:
        await admit_synthetic(session, member, now)
    else:
        await admit(session, [member], now)
    return True
