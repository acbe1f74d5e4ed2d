"""Consenting: one row per purpose, with the text that was read; a no ends the row."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.admitting import reach_after_change
from services.registration.settings import registration_settings
from services.registration.store import changed_event, in_panel, lock_member, purposes_of
from services.registration.tables import Consent, Member
from shared.events.notifications import MailPreferenceChanged
from shared.ids import new_id
from shared.messaging import Delivery, emit


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
        # A form may name one twice.
        for purpose in dict.fromkeys(purposes)
    )


async def choose_purposes(
    session: AsyncSession,
    member: Member,
    purposes: Sequence[str],
    now: datetime,
    text_version: str,
    source: str = "my_page",
) -> None:
    """Consent to what is new in ``purposes`` and withdraw what is missing from it."""
    own = set(await purposes_of(session, member.id))
    if own == set(purposes):
        return
    await session.execute(
        sa.update(Consent)
        .where(Consent.member_id == member.id, Consent.purpose.in_(own - set(purposes)), Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    add_consents(session, member, sorted(set(purposes) - own), now, text_version, source)
    await emit(session, await changed_event(session, member))
    if "surveys" in set(purposes) - own:
        await reach_after_change(session, now)


async def change_consent(session: AsyncSession, event: MailPreferenceChanged, delivery: Delivery) -> None:
    """An unsubscribe in a mail is a withdrawn consent, and taking it back is a new one."""
    if delivery.replay:
        return
    member = in_panel(await lock_member(session, event.member_id))
    if member is None:
        return
    others = set(await purposes_of(session, member.id)) - {event.purpose}
    purposes = [*others, *([event.purpose] if event.wanted else [])]
    await choose_purposes(session, member, purposes, event.changed_at, registration_settings().consent_version, "mail")
