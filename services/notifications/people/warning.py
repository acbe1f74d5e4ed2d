"""Warning staff by mail, at the addresses of the profile: events with personal data in them that are lost soon."""

from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.kinds import KINDS
from services.notifications.messages.creating import create_messages, message
from services.notifications.tables import Correspondent
from shared.events.attention import LettersExpiring
from shared.ids import new_id
from shared.messaging import Delivery
from shared.messaging.keeping import WARNED_DAYS, newly_expiring
from shared.profile import Profile
from shared.profile.keeping import profile_in_force
from shared.service import Runtime


class _Asked(BaseModel):
    """What a message needs to know of the request."""

    generation: int = 1
    send_before: datetime


async def warn_of_letters(session: AsyncSession, event: LettersExpiring, delivery: Delivery) -> None:
    """Another service's letters."""
    if not delivery.replay:
        profile = await profile_in_force(session, delivery.settings)
        await _write(session, profile, event.source_service(), event.letters, event.send_before, delivery.now)


async def warn_of_own_letters(rt: Runtime) -> None:
    """Job: this service's letters, contact cards among them."""
    async with rt.transaction() as session:
        if letters := await newly_expiring(session):
            until = rt.now() + timedelta(days=WARNED_DAYS)
            await _write(session, rt.profile, rt.name, letters, until, rt.now())


async def _write(
    session: AsyncSession, profile: Profile, service: str, letters: int, until: datetime, now: datetime
) -> None:
    """One mail to each address; both are forgotten the next day, as a trial's is."""
    rows = []
    for email in dict.fromkeys(filter(None, (profile.contact_email, profile.data_protection_email))):
        id_ = new_id()
        session.add(Correspondent(suggestion_id=id_, email=email, language="nb", since=now))
        content = {"service": service, "letters": str(letters), "days": str(WARNED_DAYS)}
        rows.append(message(KINDS["letters_expiring"], _Asked(send_before=until), id_, content=content))
    await session.flush()
    await create_messages(session, rows)
