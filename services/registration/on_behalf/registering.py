"""Registering somebody who asked on paper or by phone: the form is filled in for them, the link is theirs to open."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.joining.signing_up import sign_up
from services.registration.on_behalf.changing import consent_text, keep_deed
from services.registration.on_behalf.domain import RegisterInput
from services.registration.settings import registration_settings
from services.registration.store import hold_address, lock_member, member_by_email
from services.registration.tables import Member


async def register(session: AsyncSession, form: RegisterInput, by: str, now: datetime) -> tuple[UUID, bool]:
    """(id, whether a link goes out): False for somebody who is a member already, who is left alone.

    Nobody is a member before the link in the mail has been opened: it shows that the address was written down right and
    is the person's, and it is what we can show of a consent given by phone.
    """
    await hold_address(session, form.email)
    somebody = await member_by_email(session, form.email)
    if somebody is not None:
        member = await session.get_one(Member, somebody)
        if member.in_panel:
            return member.id, False
    settings = registration_settings()
    member_id, _ = await sign_up(
        session,
        form,
        now,
        unconfirmed_days=settings.unconfirmed_days,
        consent_version=consent_text(form.how, form.note),
        source=form.how,
    )
    applicant = await lock_member(session, member_id)
    assert applicant is not None
    await keep_deed(session, applicant, ("registered",), form.how, form.note, by, now)
    return member_id, True
