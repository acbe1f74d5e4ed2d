"""What a person is shown again for a while: sealed in the service's schema, because it is too large for a cookie."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from shared.ids import random_id
from shared.mechanism import mechanism
from shared.service import Runtime


async def rest(rt: Runtime, name: str, content: Mapping[str, Any], seconds: int) -> UUID:
    """Keep the content, sealed under ``name`` for so many seconds; the id to ask for it with."""
    id_ = random_id()
    async with rt.transaction() as session:
        row = {"id": id_, "sealed": rt.sealed.seal(name, content, seconds)}
        await session.execute(sa.insert(mechanism(rt.name).shown_page).values(row))
    return id_


async def rested(rt: Runtime, name: str, id_: UUID | None) -> dict[str, Any] | None:
    """The content; None when it is gone, too old, or was sealed under another name."""
    table = mechanism(rt.name).shown_page
    async with rt.transaction() as session:
        content = await session.scalar(sa.select(table.c.sealed).where(table.c.id == id_)) if id_ else None
    return rt.sealed.unseal(name, content) if content else None
