"""How fast mail goes: a limit a minute for all processes, and a lane's rest while the server does not answer."""

import time
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.sending.domain import retry_wait
from services.notifications.tables import Minute

_LONGEST_REST = 60


_THIS_MINUTE = sa.func.date_trunc("minute", sa.func.clock_timestamp())


async def left_this_minute(session: AsyncSession, per_minute: int) -> int:
    """Bulk mails that may still go this minute; the caller holds the minute until its transaction ends."""
    result = await session.execute(
        pg_insert(Minute)
        .values(began_at=_THIS_MINUTE, mails=0)
        .on_conflict_do_update(index_elements=["began_at"], set_={"mails": Minute.mails})
        .returning(Minute.began_at, Minute.mails)
    )
    minute = result.one()
    await session.execute(sa.delete(Minute).where(Minute.began_at < minute.began_at))
    mails: int = minute.mails
    return max(per_minute - mails, 0)


async def spend(session: AsyncSession, mails: int) -> None:
    """Count mails claimed in the minute that is held."""
    await session.execute(sa.update(Minute).values(mails=Minute.mails + mails))


class Rest:
    """A lane's rest when none of its connections got an answer: longer each time, a minute at most.

    Without it a server that is away would be asked once for every mail in the queue, a wrong password tried as often,
    and a server that hangs up after the data would make every mail uncertain.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._until = 0.0

    def note(self, away: Sequence[bool]) -> None:
        """What became of a batch, by connection; nothing is learnt from an empty one."""
        if not away:
            return
        self._failures = self._failures + 1 if all(away) else 0
        wait = min(retry_wait(self._failures - 1), _LONGEST_REST) if self._failures else 0
        self._until = time.monotonic() + wait

    def goes_on(self) -> bool:
        """Whether the lane still rests."""
        return time.monotonic() < self._until
