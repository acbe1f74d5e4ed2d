"""Open messages that nobody wants or needs any more, or that have nowhere to go, end with the reason."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.kinds import KINDS, codes_to_correspondents
from services.notifications.messages.domain import CANCELLED, SURVEY_CLOSED
from services.notifications.tables import Contact, Correspondent, Meeting, Member, Message, SettledInvitation, Survey
from shared.database import upsert

Which = sa.ColumnElement[bool]

_OPEN = Message.state.in_(["waiting", "pending"])
_REASONS = sorted({reason for kind in KINDS.values() for reason in kind.needless})


def _needless_after(reason: str) -> Which:
    """The kinds of mail that this reason makes needless."""
    return Message.purpose.in_([kind.code for kind in KINDS.values() if reason in kind.needless])


def has_correspondent() -> Which:
    """Whether it goes to an address given for it (a suggestion's sender) that is still here."""
    return sa.and_(
        Message.purpose.in_(codes_to_correspondents()),
        sa.exists().where(Correspondent.suggestion_id == Message.subject_id, Correspondent.email.is_not(None)),
    )


async def suppress_needless(session: AsyncSession, which: Which) -> None:
    """Open messages nobody wants or needs any more, with the reason.

    Consent, pause, answers, cancellations and closings may come before the message or after it; both ways end here.
    The rule is ``domain.needless``.
    """
    settled = [sa.and_(SettledInvitation.reason == reason, _needless_after(reason)) for reason in _REASONS]
    paused = sa.and_(Member.status == "paused", Message.consent.is_not(None))
    no_consent = sa.and_(Message.consent.is_not(None), ~(Message.consent == sa.any_(Member.purposes)))
    why = sa.case((Member.status == "left", "left"), (paused, "paused"), else_="unsubscribed")
    not_wanted = sa.or_(Member.status == "left", paused, no_consent)
    # (reason, conditions)
    needless: Sequence[tuple[object, Sequence[sa.ColumnExpressionArgument[bool]]]] = (
        (SettledInvitation.reason, (SettledInvitation.id == Message.subject_id, sa.or_(*settled))),
        (why, (Message.urgent.is_(False), Member.id == Message.member_id, not_wanted)),
        (CANCELLED, (_needless_after(CANCELLED), Meeting.id == Message.meeting_id, Meeting.cancelled)),
        (SURVEY_CLOSED, (_needless_after(SURVEY_CLOSED), Survey.id == Message.survey_id, Survey.state == "closed")),
    )
    for reason, conditions in needless:
        messages = sa.update(Message).where(which, _OPEN, *conditions)
        await session.execute(messages.values(state="suppressed", reason=reason))


async def give_up_without_address(session: AsyncSession, which: Which) -> None:
    """Removed cards and forgotten senders; addresses that take no mail, unless the person has just asked for it."""
    no_card = sa.and_(Contact.member_id == Message.member_id, Contact.removed)
    dead = sa.and_(Contact.member_id == Message.member_id, Contact.unreachable.is_not(None), Message.urgent.is_(False))
    for condition, reason in ((no_card, "removed"), (dead, "unreachable")):
        await session.execute(
            sa.update(Message)
            .where(which, _OPEN, sa.exists().where(condition))
            .values(state="no_address", reason=reason)
        )
    no_correspondent = sa.and_(Message.purpose.in_(codes_to_correspondents()), ~has_correspondent())
    await session.execute(
        sa.update(Message).where(which, _OPEN, no_correspondent).values(state="no_address", reason="forgotten")
    )


async def settle_invitation(session: AsyncSession, invitation_id: UUID, reason: str) -> None:
    """Remember that the invitation is answered or over; its open mails that are then needless are suppressed."""
    await upsert(session, SettledInvitation, id=invitation_id, reason=reason)
    await suppress_needless(session, Message.subject_id == invitation_id)


async def give_up_on_member(session: AsyncSession, member_id: UUID, reason: str, *, urgent_too: bool) -> None:
    """Open messages to somebody who has no address (any more)."""
    await session.execute(
        sa.update(Message)
        .where(Message.member_id == member_id, _OPEN, sa.or_(sa.literal(urgent_too), Message.urgent.is_(False)))
        .values(state="no_address", reason=reason)
    )
