"""Mails about meetings, the texts they need, and follow-ups of surveys and meetings."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.kinds import KINDS
from services.notifications.messages.creating import create_messages, message, release_waiting
from services.notifications.messages.suppressing import settle_invitation, suppress_needless
from services.notifications.tables import Meeting, Message, Survey
from shared.database import upsert
from shared.events.meetings import (
    MeetingAnnounced,
    MeetingCallAnswered,
    MeetingCallIssued,
    MeetingCancelled,
    MeetingInvitationAnswered,
    MeetingInvitationIssued,
    MeetingNoticeDue,
    MeetingReminderDue,
)
from shared.events.results import FollowUpRecorded
from shared.messaging import Delivery, PermanentError

_NOTICES = ("changed", "cancelled", "minutes", "follow_up")
#: What is told about a reply.
_MAILS = {"accepted": "meeting_place", "waiting": "meeting_waiting", "released": "meeting_released"}
#: What may be answered to an invitation, each of which makes some mail needless.
_REPLIES = (*_MAILS, "declined", "lapsed", "withdrawn")

AsksForMail = (
    MeetingCallIssued | MeetingInvitationIssued | MeetingInvitationAnswered | MeetingReminderDue | MeetingNoticeDue
)
AboutMeeting = AsksForMail | MeetingCallAnswered


async def write_about_meetings(
    session: AsyncSession, events: Sequence[AboutMeeting], deliveries: Sequence[Delivery]
) -> None:
    """Invitations, the place after a yes, reminders and notices; after a no or silence no mail is needed."""
    for event, delivery in zip(events, deliveries, strict=True):
        if delivery.replay:
            continue
        match event:
            case MeetingInvitationAnswered():
                if event.reply not in _REPLIES:
                    raise PermanentError(f"no rule for the reply {event.reply}")
                await settle_invitation(session, event.invitation_id, event.reply)
                if event.reply in _MAILS:
                    await _write(session, _MAILS[event.reply], event, event.invitation_id)
            case MeetingCallIssued():
                await _write(session, "meeting_call", event, event.invitation_id)
            case MeetingCallAnswered():
                await settle_invitation(session, event.invitation_id, "answered")
            case MeetingNoticeDue():
                if event.notice not in _NOTICES:
                    raise PermanentError(f"no mail for the notice {event.notice}")
                await _write(session, f"meeting_{event.notice}", event, event.notice_id)
            case MeetingInvitationIssued():
                code = "meeting_list" if event.waiting_list else "meeting"
                await _write(session, f"{code}_volunteer" if event.volunteer else code, event, event.invitation_id)
            case MeetingReminderDue():
                await _write(session, "meeting_reminder", event, event.invitation_id)


async def _write(session: AsyncSession, code: str, event: AsksForMail, subject_id: UUID) -> None:
    await create_messages(session, [message(KINDS[code], event, subject_id, meeting_id=event.meeting_id)])


async def keep_meeting_texts(session: AsyncSession, event: MeetingAnnounced | MeetingCancelled, _: Delivery) -> None:
    """The meeting as it stands; a cancelled one needs no more invitations."""
    values: dict[str, object] = {"cancelled": True}
    if isinstance(event, MeetingAnnounced):
        fields = ("slug", "heading", "purpose", "place", "starts_at", "ends_at", "reply_by")
        values = {name: getattr(event, name) for name in fields} | {"cancelled": event.status == "cancelled"}
    await upsert(session, Meeting, id=event.meeting_id, **values)
    which = Message.meeting_id == event.meeting_id
    await suppress_needless(session, which)
    await release_waiting(session, which)


async def keep_follow_up(session: AsyncSession, event: FollowUpRecorded, _: Delivery) -> None:
    """What a survey or meeting led to, for the mail that tells those who took part."""
    table = {"survey": Survey, "meeting": Meeting}.get(event.about)
    if table is None:
        return
    await upsert(session, table, id=event.about_id, done=event.done)
