"""Copies of another service's mails that ask something, for the contact cap."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contact_cap import quarter_began
from shared.database import upsert_many
from shared.messaging import Delivery, lock
from shared.service import Runtime


class AsksByMail(Protocol):
    """An event that says when its invitation has asked so far, oldest first."""

    @property
    def invitation_id(self) -> UUID: ...
    @property
    def member_id(self) -> UUID: ...
    @property
    def asked_at(self) -> tuple[datetime, ...]: ...


def forget_asked_mails(table: Any) -> Callable[[Runtime], Awaitable[None]]:
    """The job that deletes copies in ``table`` once they no longer count."""

    async def forget(rt: Runtime) -> None:
        async with rt.transaction() as session:
            await session.execute(sa.delete(table).where(table.asked_at <= quarter_began(rt.now())))

    return forget


async def keep_asked_mails(
    session: AsyncSession,
    table: Any,
    events: Sequence[AsksByMail],
    deliveries: Sequence[Delivery],
    *,
    invitation: type,
    erasures: sa.Select[UUID],
) -> None:
    """Keep in ``table`` when each member was asked; nothing about those whose ids ``erasures`` selects.

    ``invitation`` is its event. Older releases give no times in it; its mail counts from when it occurred.
    """
    mails: dict[tuple[UUID, int], tuple[UUID, datetime]] = {}
    for event, delivery in zip(events, deliveries, strict=True):
        times = event.asked_at
        if not times and isinstance(event, invitation):
            times = (delivery.occurred_at or delivery.now,)
        for number, at in enumerate(times):
            mails[event.invitation_id, number] = (event.member_id, at)
    members = {member_id for member_id, _ in mails.values()}
    await lock(session, *members)
    erased_ids = set(await session.scalars(erasures.where(erasures.selected_columns[0].in_(members))))
    living = {key: mail for key, mail in mails.items() if mail[0] not in erased_ids}
    if living:
        await upsert_many(
            session,
            table,
            invitation_id=[id_ for id_, _ in living],
            number=[number for _, number in living],
            member_id=[member_id for member_id, _ in living.values()],
            asked_at=[at for _, at in living.values()],
        )
