"""What a member's own page shows and changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.joining.domain import DetailsInput
from services.registration.joining.store import add_consents, contact_card, hold_address, member_by_email, purposes_of
from services.registration.leaving import changed_event
from services.registration.tables import AddressChange, Asked, Consent, Drawn, Meeting, Member, Survey
from shared.addresses import address_key
from shared.events.registration import ConfirmationRequested, ContactChanged, ContactRemoved
from shared.ids import new_id
from shared.messaging import emit, forget_subject, lock


@dataclass(frozen=True)
class OwnPage:
    """One member's page."""

    member: Member
    purposes: tuple[str, ...]
    consents: Sequence[Consent]
    """Newest first, withdrawn ones included."""
    asked: Sequence[Any]
    """Rows (title, closes_at, answered_at), newest first."""
    drawn: Sequence[Any]
    """Rows (slug, heading, starts_at, chance, drawn), newest first."""
    new_email: str | None
    """An address that waits for its confirmation."""


async def own_page(session: AsyncSession, member_id: UUID) -> OwnPage | None:
    """Everything the page shows; None for somebody who is no member."""
    member = await session.get(Member, member_id)
    if member is None or member.status not in ("active", "paused"):
        return None
    consents = await session.scalars(
        sa.select(Consent).where(Consent.member_id == member_id).order_by(Consent.given_at.desc(), Consent.purpose)
    )
    asked = await session.execute(
        sa.select(Survey.title, Survey.closes_at, Asked.answered_at)
        .join(Survey, Survey.id == Asked.survey_id)
        .where(Asked.member_id == member_id)
        .order_by(Survey.closes_at.desc())
    )
    drawn = await session.execute(
        sa.select(Meeting.slug, Meeting.heading, Meeting.starts_at, Drawn.chance, Drawn.drawn)
        .join(Meeting, Meeting.id == Drawn.meeting_id)
        .where(Drawn.member_id == member_id)
        .order_by(Meeting.starts_at.desc())
    )
    waiting = await session.scalar(sa.select(AddressChange.email).where(AddressChange.member_id == member_id))
    return OwnPage(member, await purposes_of(session, member_id), consents.all(), asked.all(), drawn.all(), waiting)


async def change_details(session: AsyncSession, member: Member, details: DetailsInput, now: datetime) -> None:
    """Change a locked member's details; the address stays until the new one is confirmed."""
    card = (member.name, member.language)
    member.name, member.language = details.name, details.language
    member.year_of_birth, member.gender, member.area = details.year_of_birth, details.gender, details.postcode
    member.declared_resident_at = (member.declared_resident_at or now) if details.declared_resident else None
    await session.flush()
    if card != (member.name, member.language):
        await emit(session, contact_card(member))
    await emit(session, await changed_event(session, member))


async def ask_for_new_address(
    session: AsyncSession, member: Member, email: str, now: datetime, expires: datetime
) -> None:
    """Send a link to the new address; an address somebody else has gets none, and nothing tells the difference."""
    await hold_address(session, email)
    await drop_address_change(session, member.id)
    if await member_by_email(session, email) is not None:
        return
    change = AddressChange(id=new_id(), member_id=member.id, email=email, asked_at=now)
    session.add(change)
    await session.flush()
    await lock(session, change.id)
    await emit(
        session,
        ContactChanged(member_id=change.id, name=member.name or "", email=email, language=member.language),
        ConfirmationRequested(
            member_id=change.id, generation=1, send_before=expires, link_expires_at=expires, about="address"
        ),
    )


async def confirm_new_address(session: AsyncSession, member: Member, change: AddressChange) -> bool:
    """The locked member has the new address from now on; False when somebody else took it meanwhile."""
    await hold_address(session, change.email)
    owner = await member_by_email(session, change.email)
    if owner is not None and owner != member.id:
        return False
    member.email, member.email_key, member.unreachable_since = change.email, address_key(change.email), None
    await drop_address_change(session, member.id)
    await session.flush()
    await emit(session, contact_card(member))
    return True


async def drop_address_change(session: AsyncSession, member_id: UUID) -> None:
    """Forget an address that waits, its card and its mail."""
    for change_id in list(
        await session.scalars(sa.select(AddressChange.id).where(AddressChange.member_id == member_id))
    ):
        await lock(session, change_id)
        await forget_subject(session, change_id)
        await session.execute(sa.delete(AddressChange).where(AddressChange.id == change_id))
        await emit(session, ContactRemoved(member_id=change_id))


async def drop_old_address_changes(session: AsyncSession, before: datetime) -> None:
    """Forget addresses nobody confirmed."""
    members = await session.scalars(sa.select(AddressChange.member_id).where(AddressChange.asked_at < before))
    for member_id in list(members):
        await lock(session, member_id)
        await drop_address_change(session, member_id)


async def choose_purposes(
    session: AsyncSession, member: Member, wanted: Sequence[str], now: datetime, text_version: str
) -> None:
    """Consent to what is new in ``wanted`` and withdraw what is missing from it."""
    given = set(await purposes_of(session, member.id))
    if given == set(wanted):
        return
    await session.execute(
        sa.update(Consent)
        .where(
            Consent.member_id == member.id,
            Consent.purpose.in_(given - set(wanted)),
            Consent.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
    )
    add_consents(session, member, sorted(set(wanted) - given), now, text_version, "my_page")
    await session.flush()
    await emit(session, await changed_event(session, member))


def as_data(page: OwnPage) -> dict[str, Any]:
    """Everything kept about the member in this service, for the member to take along (GDPR art. 15 and 20)."""
    member = page.member
    return {
        "id": str(member.id),
        "name": member.name,
        "email": member.email,
        "email_waiting_for_confirmation": page.new_email,
        "year_of_birth": member.year_of_birth,
        "gender": member.gender,
        "postcode": member.area,
        "declared_resident_at": _text(member.declared_resident_at),
        "language": member.language,
        "status": member.status,
        "source": member.source,
        "recruitment_channel": member.channel,
        "signed_up_at": _text(member.signed_up_at),
        "joined_at": _text(member.joined_at),
        "consents": [
            {
                "purpose": consent.purpose,
                "text_version": consent.text_version,
                "language": consent.language,
                "source": consent.source,
                "given_at": _text(consent.given_at),
                "withdrawn_at": _text(consent.withdrawn_at),
            }
            for consent in page.consents
        ],
        "surveys": [
            {"title": row.title, "closes_at": _text(row.closes_at), "answered_at": _text(row.answered_at)}
            for row in page.asked
        ],
        "draws": [
            {"meeting": row.heading, "starts_at": _text(row.starts_at), "chance": row.chance, "drawn": row.drawn}
            for row in page.drawn
        ],
    }


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
