"""Staff's choices for the profile, stored in every service and taken up by its running processes."""

from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import upsert
from shared.events.registration import ProfileChanged
from shared.mechanism import mechanism
from shared.messaging import Delivery, Subscription, subscribe
from shared.profile.model import Profile
from shared.service import Runtime
from shared.settings import Settings

#: One id for the installation's profile, so that a newer choice follows the older one in order.
PROFILE_ID = uuid5(UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8"), "innbyggerpanel/profile")


async def keep_choices(session: AsyncSession, event: ProfileChanged, _: Delivery | None = None) -> None:
    """Store what is chosen, in place of what was."""
    table = mechanism(session.info["schema"]).profile
    await upsert(session, table, id=1, choices=event.choices, changed_at=event.changed_at)


async def last_change(session: AsyncSession) -> ProfileChanged | None:
    """What staff chose last, or None when the profile is as installed."""
    row = (await session.execute(sa.select(mechanism(session.info["schema"]).profile))).one_or_none()
    if row is None:
        return None
    return ProfileChanged(profile_id=PROFILE_ID, choices=row.choices, changed_at=row.changed_at)


async def profile_in_force(session: AsyncSession, settings: Settings) -> Profile:
    """The profile as installed with what staff chose last."""
    change = await last_change(session)
    return settings.installed.with_choices(change.choices if change else {})


async def take_up_profile(runtime: Runtime) -> None:
    """Let this process show the stored choices; unchanged ones are not read again."""
    async with runtime.transaction() as session:
        changed_at = await session.scalar(sa.select(mechanism(runtime.name).profile.c.changed_at))
        if changed_at == runtime.profile_changed_at:
            return
        profile = await profile_in_force(session, runtime.settings)
    runtime.profile_changed_at, runtime.profile = changed_at, profile


def profile_changes(service: str) -> Subscription:
    """The subscription by which a service learns what staff chose."""
    return subscribe(f"{service}.keep_choices", keep_choices, ProfileChanged)
