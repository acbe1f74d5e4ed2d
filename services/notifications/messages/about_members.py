"""Mails about membership: confirmation, "already a member", sign-in, what staff have done."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.kinds import KINDS
from services.notifications.messages.creating import create_messages, message
from services.notifications.people.members import erase
from shared.events.registration import (
    ChangedOnBehalf,
    ConfirmationRequested,
    MemberErased,
    MemberWelcomeDue,
    SignInRequested,
    SignUpRepeated,
)
from shared.messaging import Delivery

#: An event later than this is no longer waited for.
LONGEST_LATE = timedelta(hours=6)

#: ``about`` of a confirmation -> its kind of mail; what is none of these is a plain sign-up's.
_CONFIRMATIONS = {"address": "confirm_address", "joining_on_behalf": "confirm_on_behalf"}

Asked = ConfirmationRequested | SignUpRepeated | SignInRequested | ChangedOnBehalf | MemberWelcomeDue
AboutMember = Asked | MemberErased


async def write_about_membership(session: AsyncSession, event: AboutMember, delivery: Delivery) -> None:
    """Mails somebody waits for or must know of; after erasure nothing is left to write to."""
    if isinstance(event, MemberErased):
        await erase(session, event)
    elif not delivery.replay:
        content = None
        match event:
            case ConfirmationRequested():
                code = _CONFIRMATIONS.get(event.about, "confirm")
            case SignUpRepeated():
                code = "already_member"
            case SignInRequested():
                code = "sign_in"
            case MemberWelcomeDue():
                code = "welcome"
            case ChangedOnBehalf():
                code, content = "on_behalf", {"changes": " ".join(event.changes), "how": event.how}
        request = _on_time(event, delivery)
        await create_messages(session, [message(KINDS[code], request, event.member_id, content=content)])


def _on_time(event: Asked, delivery: Delivery) -> Asked:
    """The event with its deadlines moved by what the broker held it up.

    Somebody waits for this mail, and what they asked for is as good as when they asked: a link that works for ten
    minutes does so from when it can be read.
    """
    late = min(delivery.late, LONGEST_LATE)
    times = {"send_before": event.send_before + late}
    if isinstance(event, ConfirmationRequested | SignInRequested):
        times["link_expires_at"] = event.link_expires_at + late
    return event.model_copy(update=times)
