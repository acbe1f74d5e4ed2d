"""What a member's own page shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.store import purposes_of
from services.registration.tables import (
    AddressChange,
    Asked,
    Consent,
    Drawn,
    DrawProof,
    Meeting,
    Member,
    OnBehalf,
    Spared,
    Survey,
)


@dataclass(frozen=True)
class OwnPage:
    """One member's page."""

    member: Member
    purposes: tuple[str, ...]
    consents: Sequence[Consent]
    """Newest first, withdrawn ones included."""
    invitations: Sequence[sa.Row[dict[str, str], datetime, datetime | None]]
    """Rows (title, closes_at, answered_at), newest first."""
    samples: Sequence[sa.Row[dict[str, str], datetime, str]]
    """Rows (title, closes_at, reason), newest first."""
    draws: Sequence[sa.Row[str, str, datetime, float, bool, UUID | None]]
    """Rows (slug, heading, starts_at, chance, drawn, proof: the entry's id when there is one), newest first."""
    new_email: str | None
    """An address that waits for its confirmation."""
    new_email_asked_at: datetime | None
    on_behalf: Sequence[OnBehalf]
    """What staff have done for the member, newest first."""


async def own_page(session: AsyncSession, member_id: UUID) -> OwnPage | None:
    """Everything the page shows; None for somebody who is no member."""
    member = await session.get(Member, member_id)
    if member is None or not member.takes_part:
        return None
    consents = await session.scalars(
        sa.select(Consent).where(Consent.member_id == member_id).order_by(Consent.given_at.desc(), Consent.purpose)
    )
    invitations = await session.execute(
        sa.select(Survey.title, Survey.closes_at, Asked.answered_at)
        .join(Survey, Survey.id == Asked.survey_id)
        .where(Asked.member_id == member_id)
        .order_by(Survey.closes_at.desc())
    )
    samples = await session.execute(
        sa.select(Survey.title, Survey.closes_at, Spared.reason)
        .join(Survey, Survey.id == Spared.survey_id)
        .where(Spared.member_id == member_id)
        .order_by(Survey.closes_at.desc(), Spared.candidate_id)
    )
    draws = await session.execute(
        sa.select(
            Meeting.id,
            Meeting.slug,
            Meeting.heading,
            Meeting.starts_at,
            Meeting.cancelled,
            Drawn.chance,
            Drawn.drawn,
            sa.case((DrawProof.entry_id.is_not(None), Drawn.entry_id)).label("proof"),
        )
        .join(Meeting, Meeting.id == Drawn.meeting_id)
        .outerjoin(DrawProof, DrawProof.entry_id == Drawn.entry_id)
        .where(Drawn.member_id == member_id)
        .order_by(Meeting.starts_at.desc())
    )
    change = await session.scalar(sa.select(AddressChange).where(AddressChange.member_id == member_id))
    deeds = await session.scalars(
        sa.select(OnBehalf).where(OnBehalf.member_id == member_id).order_by(OnBehalf.done_at.desc(), OnBehalf.id)
    )
    return OwnPage(
        member=member,
        purposes=await purposes_of(session, member_id),
        consents=consents.all(),
        invitations=invitations.all(),
        samples=samples.all(),
        draws=draws.all(),
        new_email=change.email if change else None,
        new_email_asked_at=change.asked_at if change else None,
        on_behalf=deeds.all(),
    )


def as_data(page: OwnPage) -> dict[str, Any]:
    """Everything kept about the member in this service, for the member to take along (GDPR art. 15 and 20)."""
    member = page.member
    return {
        "id": str(member.id),
        "name": member.name,
        "email": member.email,
        "email_waiting_for_confirmation": page.new_email,
        "email_waiting_since": _text(page.new_email_asked_at),
        "email_takes_no_mail_since": _text(member.unreachable_since),
        "year_of_birth": member.year_of_birth,
        "gender": member.gender,
        "postcode": member.area,
        "declared_resident_at": _text(member.declared_resident_at),
        "told_about_yourself": member.own_answers,
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
            for row in page.invitations
        ],
        "surveys_spared": [
            {"title": row.title, "closes_at": _text(row.closes_at), "why": row.reason} for row in page.samples
        ],
        "draws": [
            {"meeting": row.heading, "starts_at": _text(row.starts_at), "chance": row.chance, "drawn": row.drawn}
            for row in page.draws
        ],
        "done_by_staff_on_your_behalf": [
            {"at": _text(deed.done_at), "what": deed.what, "how": deed.how, "note": deed.note, "who": deed.done_by}
            for deed in page.on_behalf
        ],
    }


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
