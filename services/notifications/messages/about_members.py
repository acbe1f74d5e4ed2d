"""Mails about membership: confirmation, "already a member", sign-in."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.kinds import KINDS
from services.notifications.messages.creating import create_messages, message
from services.notifications.people.members import erase
from shared.events.registration import ConfirmationRequested, MemberErased, SignInRequested, SignUpRepeated
from shared.messaging import Delivery

#: An event later than this is no longer waited for.
LONGEST_LATE = timedelta(hours=6)

Asked = ConfirmationRequested | SignUpRepeated | SignInRequested
AboutMember = ConfirmationRequested | SignUpRepeated | SignInRequested | MemberErased


async def write_about_membership(session: AsyncSession, event: AboutMember, delivery: Delivery) -> None:
    """Confirmation, "already a member" and sign-in mails; after erasure nothing is left to write to."""
    if isinstance(event, MemberErased):
        await erase(session, event)
    elif not delivery.replay:
        match event:
            case ConfirmationRequested():
                code = "confirm_address" if event.about == "address" else "confirm"
            case SignUpRepeated():
                code = "already_member"
            case SignInRequested():
                code = "sign_in"
        await create_messages(session, [message(KINDS[code], _on_time(event, delivery), event.member_id)])


def _on_time(event: Asked, delivery: Delivery) -> Asked:
    """The event with its deadlines moved by what the broker held it up.

    Somebody waits for this mail, and what they asked for is as good as when they asked: a link that works for ten
    minutes does so from when it can be read.
    """
    late = min(delivery.late, LONGEST_LATE)
    moved = {"send_before": event.send_before + late}
    if not isinstance(event, SignUpRepeated):
        moved["link_expires_at"] = event.link_expires_at + late
    return event.model_copy(update=moved)
