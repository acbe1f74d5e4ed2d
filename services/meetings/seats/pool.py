"""Who may be drawn, by which rules others may not, and the quotas a meeting's draw keeps."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.contacts import at_the_cap
from services.meetings.draw.model import Quota
from services.meetings.seats.domain import UNKNOWN_BAND, band_of
from services.meetings.seats.lottery import Kind, Limit, limits_of_shares
from services.meetings.tables import Invitation, Margins, Meeting, Member

GENDERS = ("female", "male", "other")
#: Genders the population's figures know; ``other`` is "annet / vil ikke oppgi" and counts against no gender's quota.
COUNTED_GENDERS = GENDERS[:2]

WILLING = sa.and_(Member.status == "active", Member.purposes.contains(["meetings"]))


@dataclass(frozen=True)
class Person:
    """One who may be drawn; ``kind`` is (gender, age band, area), the area empty outside every one."""

    id: UUID
    kind: Kind


@dataclass(frozen=True)
class Pool:
    """Everybody who may be drawn, by id, and how many are left out by each rule."""

    people: tuple[Person, ...]
    left_out: Mapping[str, int]

    @property
    def kinds(self) -> list[Kind]:
        """Each one's kind, in the same order."""
        return [person.kind for person in self.people]


async def newest_margins(session: AsyncSession) -> Margins | None:
    """The population's newest figures."""
    return await session.scalar(sa.select(Margins).order_by(Margins.year.desc()).limit(1))


async def pool_of(session: AsyncSession, meeting: Meeting, margins: Margins | None, now: datetime, cap: int) -> Pool:
    """Active members who consented to meetings, within the contact cap ``cap`` and the meeting's days of rest."""
    since = now - timedelta(days=meeting.rest_days)
    rested = sa.select(Invitation.member_id).where(
        Invitation.invited_at > since, Invitation.member_id.is_not(None), Invitation.meeting_id != meeting.id
    )
    asked = set(await session.scalars(rested)) if meeting.rest_days else set()
    full = set(await session.scalars(at_the_cap(now, cap)))
    found = await session.execute(
        sa.select(Member.id, Member.gender, Member.year_of_birth, Member.area, Member.status, WILLING.label("willing"))
        .where(Member.erased.is_(False), Member.status.is_not(None))
        .order_by(Member.id)
    )
    people: list[Person] = []
    left_out: Counter[str] = Counter()
    for row in found:
        if row.willing and row.id not in asked and row.id not in full:
            people.append(Person(row.id, kind_of(row.gender, row.year_of_birth, row.area, margins)))
        elif row.willing:
            left_out["rested" if row.id in asked else "capped"] += 1
        else:
            left_out["unwilling" if row.status == "active" else row.status] += 1
    return Pool(tuple(people), left_out)


def kind_of(gender: str, year_of_birth: int, area: str | None, margins: Margins | None) -> Kind:
    """The kind of person a member is in a draw; a gender or an area the figures do not know counts as none stated."""
    year, bands = (margins.year, margins.bands) if margins else (None, [])
    known = {each["area"] for each in margins.areas} if margins else set()
    band = band_of(year_of_birth, year, bands)
    return (gender if gender in GENDERS else "other", band, area if area and area in known else "")


def band_codes(margins: Margins | None) -> list[str]:
    """Age bands from young to old."""
    return [band["code"] for band in margins.bands] if margins else [UNKNOWN_BAND]


def values_of(margins: Margins | None) -> dict[str, list[str]]:
    """What there may be quotas for: feature -> values in the order they are shown."""
    if margins is None:
        return {}
    areas = [each["area"] for each in margins.areas]
    return {"gender": list(COUNTED_GENDERS), "band": band_codes(margins), **({"area": areas} if areas else {})}


def limits_of_population(margins: Margins | None, kinds: Sequence[Kind], seats: int) -> list[Limit]:
    """Each value's share of the population, rounded down and up; none without figures."""
    if margins is None:
        return []
    counted: dict[str, Counter[str]] = {"gender": Counter(), "band": Counter(), "area": Counter()}
    for cell in margins.population:
        counted["gender"][cell["gender"]] += cell["population"]
        counted["band"][cell["band"]] += cell["population"]
    for area in margins.areas:
        counted["area"][area["area"]] += area["population"]
    return _limits(counted, margins, kinds, seats)


def limits_of_panel(margins: Margins | None, kinds: Sequence[Kind], seats: int) -> list[Limit]:
    """Each value's share of the pool, rounded down and up."""
    counted = {
        feature: Counter(kind[place] for kind in kinds) for place, feature in enumerate(("gender", "band", "area"))
    }
    return _limits(counted, margins, kinds, seats)


def _limits(
    counted: Mapping[str, Mapping[str, int]], margins: Margins | None, kinds: Sequence[Kind], seats: int
) -> list[Limit]:
    shares: dict[str, dict[str, float]] = {}
    for feature, values in values_of(margins).items():
        total = sum(counted[feature].get(value, 0) for value in values)
        if total:
            shares[feature] = {value: counted[feature].get(value, 0) / total for value in values}
    unstated = sum(1 for kind in kinds if kind[0] not in COUNTED_GENDERS) / len(kinds) if kinds else 0.0
    outside = sum(1 for kind in kinds if not kind[2]) / len(kinds) if kinds else 0.0
    return limits_of_shares(shares, seats, {"gender": unstated, "area": outside})


def limits_for(meeting: Meeting, margins: Margins | None, kinds: Sequence[Kind]) -> list[Limit]:
    """Those set by hand, else the population's."""
    if meeting.limits is not None:
        return limits_of_rows(meeting.limits)
    return limits_of_population(margins, kinds, meeting.seats)


def outdated_limits(meeting: Meeting, margins: Margins | None) -> bool:
    """Quotas set by hand for ages or areas there are no more."""
    known = {(feature, value) for feature, values in values_of(margins).items() for value in values}
    return any((limit.feature, limit.value) not in known for limit in limits_of_rows(meeting.limits or []))


def limits_of_rows(rows: Iterable[Mapping[str, Any]]) -> list[Limit]:
    """Quotas as stored."""
    return [Limit(row["feature"], row["value"], row["least"], row["most"]) for row in rows]


def rows_of_limits(limits: Iterable[Quota]) -> list[dict[str, Any]]:
    """Quotas to be stored."""
    return [asdict(limit) for limit in limits]
