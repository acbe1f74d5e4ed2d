"""Messages come into being, wait, are released or become needless. Who sends them: ``sending.py``."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.domain import NEEDLESS, NEEDLESS_WHEN_CANCELLED, PURPOSES
from services.notifications.tables import (
    Contact,
    Correspondent,
    Meeting,
    Member,
    Message,
    SettledInvitation,
    Survey,
)
from shared.ids import new_id

_OPEN = Message.state.in_(["waiting", "pending"])


def message(purpose: str, event: Any, subject_id: UUID, **values: Any) -> dict[str, Any]:
    """The row of one new message; ``event`` asks for it."""
    kind = PURPOSES[purpose]
    return {
        "id": new_id(),
        "purpose": purpose,
        "subject_id": subject_id,
        "member_id": getattr(event, "member_id", None),
        "survey_id": None,
        "meeting_id": None,
        "content": None,
        "generation": event.generation,
        "link_expires_at": getattr(event, "link_expires_at", None),
        "send_before": event.send_before,
        "urgent": kind.urgent,
        "consent": kind.consent,
        "state": "waiting",
        "reason": "no_card_yet",
        **values,
    }


async def create_messages(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """One message each, unless it exists; pending when card and texts are here and it is wanted."""
    if not rows:
        return
    made = await session.scalars(pg_insert(Message).values(list(rows)).on_conflict_do_nothing().returning(Message.id))
    ids = list(made)
    which = Message.id.in_(ids)
    await suppress_needless(session, which)
    await _give_up_without_address(session, which)
    await release_waiting(session, which)


async def release_waiting(session: AsyncSession, which: Any) -> None:
    """Waiting messages whose card and texts are both here become pending."""
    await session.execute(
        sa.update(Message)
        .where(which, Message.state == "waiting", sa.or_(_has_card(), _has_correspondent()), _has_texts())
        .values(state="pending", reason=None)
    )


def _has_card() -> Any:
    return sa.exists().where(Contact.member_id == Message.member_id, Contact.removed.is_(False))


def _has_correspondent() -> Any:
    return sa.and_(
        Message.purpose.like("suggestion%"),
        sa.exists().where(Correspondent.suggestion_id == Message.subject_id, Correspondent.email.is_not(None)),
    )


def _has_texts() -> Any:
    """A survey's mail needs its questionnaire; one about results needs their address too."""
    about_results = Message.purpose.in_(["results", "survey_follow_up"])
    survey = sa.exists().where(
        Survey.id == Message.survey_id,
        Survey.questionnaire.is_not(None),
        sa.or_(~about_results, Survey.slug.is_not(None)),
    )
    meeting = sa.exists().where(Meeting.id == Message.meeting_id, Meeting.slug.is_not(None))
    return sa.and_(sa.or_(Message.survey_id.is_(None), survey), sa.or_(Message.meeting_id.is_(None), meeting))


async def suppress_needless(session: AsyncSession, which: Any) -> None:
    """Open messages nobody wants or needs any more, with the reason.

    Consent, pause, answers and cancellations may come before the message or after it; both ways end here.
    """
    answered = [
        (SettledInvitation.reason == reason, Message.purpose.in_(purposes)) for reason, purposes in NEEDLESS.items()
    ]
    await session.execute(
        sa.update(Message)
        .where(
            which,
            _OPEN,
            SettledInvitation.id == Message.subject_id,
            sa.or_(*(sa.and_(reason, purposes) for reason, purposes in answered)),
        )
        .values(state="suppressed", reason=SettledInvitation.reason)
    )
    paused = sa.and_(Member.status == "paused", Message.consent.is_not(None))
    refused = sa.and_(Message.consent.is_not(None), ~(Message.consent == sa.any_(Member.purposes)))
    await session.execute(
        sa.update(Message)
        .where(
            which,
            _OPEN,
            Message.urgent.is_(False),
            Member.id == Message.member_id,
            sa.or_(Member.status == "left", paused, refused),
        )
        .values(
            state="suppressed",
            reason=sa.case((Member.status == "left", "left"), (paused, "paused"), else_="unsubscribed"),
        )
    )
    await session.execute(
        sa.update(Message)
        .where(
            which,
            _OPEN,
            Message.purpose.in_(NEEDLESS_WHEN_CANCELLED),
            Meeting.id == Message.meeting_id,
            Meeting.cancelled,
        )
        .values(state="suppressed", reason="cancelled")
    )


async def _give_up_without_address(session: AsyncSession, which: Any) -> None:
    """Removed cards and forgotten senders; addresses that take no mail, unless the person has just asked for it."""
    removed = sa.and_(Contact.member_id == Message.member_id, Contact.removed)
    dead = sa.and_(Contact.member_id == Message.member_id, Contact.unreachable.is_not(None), Message.urgent.is_(False))
    for condition, reason in ((removed, "removed"), (dead, "unreachable")):
        await session.execute(
            sa.update(Message)
            .where(which, _OPEN, sa.exists().where(condition))
            .values(state="no_address", reason=reason)
        )
    forgotten = sa.and_(Message.purpose.like("suggestion%"), ~_has_correspondent())
    await session.execute(
        sa.update(Message).where(which, _OPEN, forgotten).values(state="no_address", reason="forgotten")
    )


async def settle_invitation(session: AsyncSession, invitation_id: UUID, reason: str) -> None:
    """Remember that the invitation is answered or over; its open mails that are then needless are suppressed."""
    await session.execute(
        pg_insert(SettledInvitation)
        .values(id=invitation_id, reason=reason)
        .on_conflict_do_update(index_elements=["id"], set_={"reason": reason})
    )
    await suppress_needless(session, Message.subject_id == invitation_id)


async def give_up_on_member(session: AsyncSession, member_id: UUID, reason: str, *, urgent_too: bool) -> None:
    """Open messages to somebody who has no address (any more)."""
    await session.execute(
        sa.update(Message)
        .where(Message.member_id == member_id, _OPEN, sa.or_(sa.literal(urgent_too), Message.urgent.is_(False)))
        .values(state="no_address", reason=reason)
    )
