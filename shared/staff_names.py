"""The name of a member of staff beside a deed is known as long as the audit trail; then it was somebody of staff."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from shared.messaging.keeping import AUDIT_DAYS
from shared.service import Runtime

#: What pages and data files then say in the name's place.
SOMEBODY = "en ansatt"


def forget_names(
    *deeds: tuple[InstrumentedAttribute[str], InstrumentedAttribute[datetime]],
) -> Callable[[Runtime], Awaitable[None]]:
    """The job that takes the names out of these columns; each with the column that says when the deed was done."""

    async def forget(rt: Runtime) -> None:
        before = rt.now() - timedelta(days=AUDIT_DAYS)
        async with rt.transaction() as session:
            for who, when in deeds:
                old = sa.update(who.class_).where(when < before, who != SOMEBODY)
                await session.execute(old.values({who: SOMEBODY}))

    return forget
