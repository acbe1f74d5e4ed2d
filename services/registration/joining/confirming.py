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
    told = await session.get(SignUp, (member.id, generation))
    if told is None:
        return False
    member.name, member.email, member.language = told.name, told.email, told.language
    member.year_of_birth, member.gender, member.area = told.year_of_birth, told.gender, told.area
    member.declared_resident_at = told.signed_up_at if told.declared_resident else None
    member.channel, member.own_answers = told.channel, told.own_answers
    add_consents(session, member, told.purposes, told.signed_up_at, told.text_version, told.source)
    await session.execute(sa.delete(SignUp).where(SignUp.member_id == member.id))
    if generation != member.generation:
        # A later sign-up had sent its own card meanwhile.
        await emit(session, contact_card(member))
    if member.source == SOURCE:
        await admit_synthetic(session, member, now)
    else:
        await admit(session, [member], now)
    return True
