"""Reactions to events: cards are kept, and each fact that asks for a mail becomes one message."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.tables import URGENT, Contact, Message, Survey
from shared.events.notifications import MemberDataErased
from shared.events.registration import (
    ConfirmationRequested,
    ContactChanged,
    ContactRemoved,
    MemberErased,
    SignInRequested,
    SignUpRepeated,
)
from shared.events.results import ResultsPublished
from shared.events.surveys import (
    SurveyAnswered,
    SurveyInvitationIssued,
    SurveyOpened,
    SurveyReminderDue,
    SurveyResultsNoticeDue,
)
from shared.ids import new_id
from shared.messaging import Delivery, emit, forget_subject, lock, subscribe
from shared.web import ended_sessions


async def keep_card(session: AsyncSession, event: ContactChanged | ContactRemoved, _: Delivery) -> None:
    """The newest card; a removed one stays removed. Messages that waited for the card are due now."""
    if isinstance(event, ContactRemoved):
        await remove_card(session, event.member_id)
        return
    statement = pg_insert(Contact).values(
        member_id=event.member_id, name=event.name, email=event.email, language=event.language
    )
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["member_id"],
            set_={"name": event.name, "email": event.email, "language": event.language},
            where=Contact.removed.is_(False),
        )
    )
    await release_waiting(session, Message.member_id == event.member_id)


async def remove_card(session: AsyncSession, member_id: UUID) -> None:
    """Blank the card, leave a tombstone, and let nothing more be sent to it."""
    blank = {"name": None, "email": None, "removed": True}
    await session.execute(
        pg_insert(Contact)
        .values(member_id=member_id, **blank)
        .on_conflict_do_update(index_elements=["member_id"], set_=blank)
    )
    await session.execute(
        sa.update(Message)
        .where(Message.member_id == member_id, Message.state.in_(["waiting", "pending"]))
        .values(state="no_address", reason="removed")
    )


async def release_waiting(session: AsyncSession, which: Any) -> None:
    """Waiting messages whose card and survey texts are both here become pending."""
    has_card = sa.exists().where(Contact.member_id == Message.member_id, Contact.removed.is_(False))
    has_texts = sa.or_(Message.survey_id.is_(None), sa.exists().where(Survey.id == Message.survey_id))
    await session.execute(
        sa.update(Message)
        .where(which, Message.state == "waiting", has_card, has_texts)
        .values(state="pending", reason=None)
    )


async def create_messages(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """One message row each, unless it exists; pending when card and texts are here, else waiting."""
    if not rows:
        return
    made = await session.scalars(
        pg_insert(Message)
        .values([{"state": "waiting", "reason": "no_card_yet", **row} for row in rows])
        .on_conflict_do_nothing()
        .returning(Message.id)
    )
    ids = list(made)
    await release_waiting(session, Message.id.in_(ids))
    await session.execute(
        sa.update(Message)
        .where(
            Message.id.in_(ids),
            Message.state == "waiting",
            sa.exists().where(Contact.member_id == Message.member_id, Contact.removed.is_(True)),
        )
        .values(state="no_address", reason="removed")
    )


def _row(purpose: str, event: Any, subject_id: UUID, survey_id: UUID | None = None) -> dict[str, Any]:
    return {
        "id": new_id(),
        "purpose": purpose,
        "subject_id": subject_id,
        "member_id": event.member_id,
        "survey_id": survey_id,
        "generation": event.generation,
        "link_expires_at": getattr(event, "link_expires_at", None),
        "send_before": event.send_before,
        "urgent": purpose in URGENT,
    }


_MEMBERSHIP = {ConfirmationRequested: "confirm", SignUpRepeated: "already_member", SignInRequested: "sign_in"}


async def write_about_membership(
    session: AsyncSession,
    event: ConfirmationRequested | SignUpRepeated | SignInRequested | MemberErased,
    delivery: Delivery,
) -> None:
    """Confirmation, "already a member" and sign-in mails; after erasure nothing is left to write to."""
    if isinstance(event, MemberErased):
        await erase(session, event)
    elif not delivery.replay:
        await create_messages(session, [_row(_MEMBERSHIP[type(event)], event, event.member_id)])


async def erase(session: AsyncSession, event: MemberErased) -> None:
    """Blank the card and the recipients, and say so."""
    await remove_card(session, event.member_id)
    await session.execute(sa.update(Message).where(Message.member_id == event.member_id).values(member_id=None))
    await lock(session, event.member_id)
    await forget_subject(session, event.member_id)
    await emit(session, MemberDataErased(member_id=event.member_id, erased_at=event.erased_at))


_ABOUT_SURVEYS = {
    "SurveyInvitationIssued": "survey",
    "SurveyReminderDue": "reminder",
    "SurveyResultsNoticeDue": "results",
}


async def write_about_surveys(session: AsyncSession, events: Sequence[Any], deliveries: Sequence[Delivery]) -> None:
    """Invitations, reminders and results notices, set-based; who has answered needs no reminder any more."""
    rows: list[dict[str, Any]] = []
    for event, delivery in zip(events, deliveries, strict=True):
        if delivery.replay:
            continue
        if isinstance(event, SurveyAnswered):
            rows = await _flush(session, rows)
            await session.execute(
                sa.update(Message)
                .where(
                    Message.subject_id == event.invitation_id,
                    Message.purpose.in_(["survey", "reminder"]),
                    Message.state.in_(["waiting", "pending"]),
                )
                .values(state="suppressed", reason="answered")
            )
            continue
        rows.append(_row(_ABOUT_SURVEYS[type(event).__name__], event, event.invitation_id, event.survey_id))
    await _flush(session, rows)


async def _flush(session: AsyncSession, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    await create_messages(session, rows)
    return []


async def keep_survey_texts(session: AsyncSession, event: SurveyOpened, _: Delivery) -> None:
    """The survey's texts; messages that waited for them are due now."""
    await session.execute(
        pg_insert(Survey)
        .values(id=event.survey_id, questionnaire=event.questionnaire, closes_at=event.closes_at)
        .on_conflict_do_nothing()
    )
    await release_waiting(session, Message.survey_id == event.survey_id)


async def keep_result_address(session: AsyncSession, event: ResultsPublished, _: Delivery) -> None:
    """Where the result stands, for the mail about it."""
    await session.execute(sa.update(Survey).where(Survey.id == event.survey_id).values(slug=event.slug))


HANDLERS = [
    subscribe("notifications.keep_card", keep_card, ContactChanged, ContactRemoved),
    subscribe(
        "notifications.write_about_membership",
        write_about_membership,
        ConfirmationRequested,
        SignUpRepeated,
        SignInRequested,
        MemberErased,
    ),
    subscribe(
        "notifications.write_about_surveys",
        write_about_surveys,
        SurveyInvitationIssued,
        SurveyReminderDue,
        SurveyResultsNoticeDue,
        SurveyAnswered,
        batch=True,
    ),
    subscribe("notifications.keep_survey_texts", keep_survey_texts, SurveyOpened),
    subscribe("notifications.keep_result_address", keep_result_address, ResultsPublished),
    ended_sessions("notifications"),
]
