"""Warning staff by mail, at the addresses of the profile: events with personal data in them that are lost soon."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.kinds import KINDS
from services.notifications.people.correspondents import write_to_addresses
from shared.events.attention import LettersExpiring
from shared.messaging import Delivery
from shared.messaging.keeping import WARNED_DAYS, newly_expiring
from shared.profile import Profile
from shared.profile.keeping import profile_in_force
from shared.service import Runtime


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
    """One mail to each of the profile's addresses."""
    addresses = dict.fromkeys(filter(None, (profile.contact_email, profile.data_protection_email)))
    content = {"service": service, "letters": str(letters), "days": str(WARNED_DAYS)}
    await write_to_addresses(session, KINDS["letters_expiring"], addresses, "nb", content, until, now)
