"""Queries of the member list and of one person."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.erasing import ERASING_SERVICES
from services.registration.synthetic.domain import SOURCE
from services.registration.tables import IN_PANEL, Channel, Consent, ErasureReceipt, Member
from shared.addresses import address_key
from shared.characters import plain
from shared.database import Rows, count_rows
from shared.events.registration import AgeBand
from shared.strata import GENDERS
from shared.web.lists import ListView

ORDERS = ("newest", "oldest", "youngest", "eldest", "area")
_ORDER_BY = {
    "newest": (Member.joined_at.desc(), Member.id),
    "oldest": (Member.joined_at, Member.id),
    "youngest": (Member.year_of_birth.desc(), Member.id),
    "eldest": (Member.year_of_birth, Member.id),
    "area": (Member.area, Member.id),
}
#: Enough names for a person to be found, too few to page through the panel by guessing.
MOST_FOUND = 10


@dataclass(frozen=True)
class Filters:
    """Values the list's filters may take today."""

    bands: Sequence[AgeBand]
    year: int
    """The margins' reference year: an age is this minus the year of birth."""
    channels: Sequence[Channel]
    areas: Sequence[str]
    sharers: Collection[UUID]
    """Members who share a mailbox with another."""

    def allowed(self) -> dict[str, Sequence[str]]:
        """Filter name -> values."""
        return {
            "gender": GENDERS,
            "band": [band.code for band in self.bands],
            "status": IN_PANEL,
            "channel": [channel.code for channel in self.channels],
            "area": self.areas,
            "unreachable": ("yes",),
            "mailbox": ("yes",),
        }


async def areas(session: AsyncSession) -> list[str]:
    """Postcodes with members, in order."""
    postcodes = await session.scalars(sa.select(Member.area).where(Member.in_panel).distinct().order_by(Member.area))
    return [area for area in postcodes if area]


def chosen(view: ListView, filters: Filters) -> Rows:
    """The list: id, gender, year_of_birth, area, status, joined_at, channel, source, unreachable_since; no names."""
    wishes = view.filters
    columns = {"gender": Member.gender, "status": Member.status, "channel": Member.channel, "area": Member.area}
    conditions = [Member.in_panel, *(column == wishes[name] for name, column in columns.items() if name in wishes)]
    if "unreachable" in wishes:
        conditions.append(Member.unreachable_since.is_not(None))
    if "mailbox" in wishes:
        conditions.append(Member.id.in_(filters.sharers))
    for band in filters.bands:
        if band.code == wishes.get("band"):
            conditions.append(Member.year_of_birth <= filters.year - band.age_from)
            if band.age_to is not None:
                conditions.append(Member.year_of_birth >= filters.year - band.age_to)
    fields = (
        Member.id, Member.gender, Member.year_of_birth, Member.area, Member.status, Member.joined_at, Member.channel,
        Member.source, Member.unreachable_since,
    )  # fmt: skip
    return sa.select(*fields).where(*conditions).order_by(*_ORDER_BY[view.order])


async def look_up(session: AsyncSession, text: str) -> Sequence[Member]:
    """Members whose address is the text, or whose name holds it; at most ``MOST_FOUND``."""
    pattern = "%" + plain(text).replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
    members = await session.scalars(
        sa.select(Member)
        .where(Member.in_panel, sa.or_(Member.email_key == address_key(text), Member.name.ilike(pattern, escape="\\")))
        .order_by(Member.name)
        .limit(MOST_FOUND)
    )
    return members.all()


async def person(session: AsyncSession, member_id: UUID) -> tuple[Member, Sequence[Consent]] | None:
    """A member or the tombstone of one, with every consent; None for an id that is nobody's."""
    member = await session.get(Member, member_id)
    if member is None or member.status == "applicant":
        return None
    consents = await session.scalars(
        sa.select(Consent).where(Consent.member_id == member_id).order_by(Consent.given_at.desc(), Consent.purpose)
    )
    return member, consents.all()


@dataclass(frozen=True)
class Erasure:
    """One erased person: which services have confirmed, and how long the last took."""

    member_id: UUID
    erased_at: datetime
    receipts: dict[str, datetime]

    @property
    def missing(self) -> list[str]:
        """Services that have not confirmed yet."""
        return [service for service in ERASING_SERVICES if service not in self.receipts]


async def erasures(session: AsyncSession, offset: int = 0, limit: int | None = None) -> list[Erasure]:
    """Erased people, newest first, with their receipts."""
    rows = await session.execute(
        sa.select(Member.id, Member.erased_at)
        .where(Member.status == "erased", Member.source != SOURCE)
        .order_by(Member.erased_at.desc(), Member.id)
        .offset(offset)
        .limit(limit)
    )
    by_member = {row.id: Erasure(row.id, row.erased_at, {}) for row in rows}
    receipts = await session.scalars(sa.select(ErasureReceipt).where(ErasureReceipt.member_id.in_(by_member)))
    for receipt in receipts:
        by_member[receipt.member_id].receipts[receipt.service] = receipt.erased_at
    return list(by_member.values())


async def count_late_erasures(session: AsyncSession, before: datetime) -> int:
    """Erasures asked for before this instant that some service has not confirmed."""
    receipts = (
        sa.select(sa.func.count())
        .where(ErasureReceipt.member_id == Member.id, ErasureReceipt.service.in_(ERASING_SERVICES))
        .scalar_subquery()
    )
    unconfirmed = receipts < len(ERASING_SERVICES)
    late = sa.select(Member).where(Member.status == "erased", Member.erased_at < before, unconfirmed)
    return await count_rows(session, late)
