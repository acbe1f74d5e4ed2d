"""Mails about meetings, the texts they need, and follow-ups of surveys and meetings."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.domain import NEEDLESS
from services.notifications.messages import (
    create_messages,
    message,
    release_waiting,
    settle_invitation,
    suppress_needless,
)
from services.notifications.tables import Meeting, Message, Survey
from shared.events.meetings import (
    MeetingAnnounced,
    MeetingCancelled,
    MeetingInvitationAnswered,
    MeetingInvitationIssued,
    MeetingNoticeDue,
    MeetingReminderDue,
)
from shared.events.results import FollowUpRecorded
from shared.messaging import Delivery, PermanentError, subscribe

_NOTICES = ("changed", "cancelled", "minutes", "follow_up")


async def write_about_meetings(session: AsyncSession, events: Sequence[Any], deliveries: Sequence[Delivery]) -> None:
    """Invitations, the place after a yes, reminders and notices; a no or silence needs no mail any more."""
    for event, delivery in zip(events, deliveries, strict=True):
        if delivery.replay:
            continue
        if isinstance(event, MeetingInvitationAnswered):
            if event.reply not in NEEDLESS:
                raise PermanentError(f"no rule for the reply {event.reply}")
            await settle_invitation(session, event.invitation_id, event.reply)
            if event.reply == "accepted":
                await _write(session, "meeting_place", event, event.invitation_id)
        elif isinstance(event, MeetingNoticeDue):
            if event.notice not in _NOTICES:
                raise PermanentError(f"no mail for the notice {event.notice}")
            await _write(session, f"meeting_{event.notice}", event, event.notice_id)
        else:
            purpose = "meeting" if isinstance(event, MeetingInvitationIssued) else "meeting_reminder"
            await _write(session, purpose, event, event.invitation_id)


async def _write(session: AsyncSession, purpose: str, event: Any, subject_id: Any) -> None:
    await create_messages(session, [message(purpose, event, subject_id, meeting_id=event.meeting_id)])


async def keep_meeting_texts(session: AsyncSession, event: MeetingAnnounced | MeetingCancelled, _: Delivery) -> None:
    """The meeting as it stands; a cancelled one needs no invitations any more."""
    values: dict[str, Any] = {"cancelled": True}
    if isinstance(event, MeetingAnnounced):
        fields = ("slug", "heading", "purpose", "place", "starts_at", "ends_at", "reply_by")
        values = {name: getattr(event, name) for name in fields} | {"cancelled": event.status == "cancelled"}
    await session.execute(
        pg_insert(Meeting)
        .values(id=event.meeting_id, **values)
        .on_conflict_do_update(index_elements=["id"], set_=values)
    )
    which = Message.meeting_id == event.meeting_id
    await suppress_needless(session, which)
    await release_waiting(session, which)


async def keep_follow_up(session: AsyncSession, event: FollowUpRecorded, _: Delivery) -> None:
    """What a survey or meeting led to, for the mail that tells those who took part."""
    table = {"survey": Survey, "meeting": Meeting}.get(event.about)
    if table is None:
        return
    await session.execute(
        pg_insert(table)
        .values(id=event.about_id, done=event.done)
        .on_conflict_do_update(index_elements=[sa.column("id")], set_={"done": event.done})
    )


HANDLERS = [
    subscribe(
        "notifications.write_about_meetings",
        write_about_meetings,
        MeetingInvitationIssued,
        MeetingInvitationAnswered,
        MeetingReminderDue,
        MeetingNoticeDue,
        batch=True,
    ),
    subscribe("notifications.keep_meeting_texts", keep_meeting_texts, MeetingAnnounced, MeetingCancelled),
    subscribe("notifications.keep_follow_up", keep_follow_up, FollowUpRecorded),
]
