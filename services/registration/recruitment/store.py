"""Channels, and how many each brings."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.tables import Channel, Member, SignUp

#: What members came by who have no channel: the plain address, or the municipality's own list.
NO_CHANNEL = "uten kanal"
IMPORTED = "import"
_CAME_BY = sa.case((Member.source == "import", IMPORTED), else_=sa.func.coalesce(Member.channel, NO_CHANNEL))


async def channels(session: AsyncSession) -> Sequence[Channel]:
    """Every channel, newest first."""
    return (await session.scalars(sa.select(Channel).order_by(Channel.made_at.desc()))).all()


async def counts(session: AsyncSession) -> dict[str, tuple[int, int]]:
    """What people came by -> (confirmed members, sign-ups that wait for confirmation)."""
    members = await session.execute(sa.select(_CAME_BY, sa.func.count()).where(Member.in_panel).group_by(_CAME_BY))
    code = sa.func.coalesce(SignUp.channel, NO_CHANNEL)
    rows = await session.execute(sa.select(code, sa.func.count(sa.distinct(SignUp.member_id))).group_by(code))
    by_channel: dict[str, tuple[int, int]] = {name: (n, 0) for name, n in members}
    for name, n in rows:
        by_channel[name] = (by_channel.get(name, (0, 0))[0], n)
    return by_channel


async def growth(session: AsyncSession, zone: str, since: datetime) -> list[tuple[str, str, int]]:
    """(ISO day, name of what people came by, members who joined that day) since an instant, oldest first."""
    # Compiled into the statement: two parameters of one value would be two expressions to Postgres' grouping.
    day = sa.cast(sa.func.timezone(sa.literal_column(f"'{zone}'"), Member.joined_at), sa.Date)
    rows = await session.execute(
        sa.select(day, sa.func.coalesce(Channel.name, _CAME_BY), sa.func.count())
        .select_from(Member)
        .outerjoin(Channel, sa.and_(Channel.code == Member.channel, Member.source != "import"))
        .where(Member.in_panel, Member.joined_at >= since)
        .group_by(sa.text("1"), sa.text("2"))
        .order_by(sa.text("1"), sa.text("2"))
    )
    return [(date.isoformat(), name, n) for date, name, n in rows]
