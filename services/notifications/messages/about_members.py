"""Mails about membership: confirmation, "already a member", sign-in."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.kinds import KINDS
from services.notifications.messages.creating import create_messages, message
from services.notifications.people.members import erase
from shared.events.registration import ConfirmationRequested, MemberErased, SignInRequested, SignUpRepeated
from shared.messaging import Delivery

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
        await create_messages(session, [message(KINDS[code], event, event.member_id)])
