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
from services.meetings.seats.lottery import Kind, Limit, features_of, limits_of_shares
from services.meetings.tables import Called, Invitation, Margins, Meeting, Member
from shared.strata import GENDERS, UNKNOWN_BAND, band_of, gender_of

#: Genders the population's figures know; ``other`` is "annet / vil ikke oppgi" and counts against no gender's quota.
COUNTED_GENDERS = GENDERS[:2]

WILLING = sa.and_(Member.status == "active", Member.purposes.contains(["meetings"]))


Heads = Mapping[Kind, int]
"""How many there are of each kind."""


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
    def heads(self) -> Heads:
        """How many there are of each kind."""
        return Counter(person.kind for person in self.people)


async def newest_margins(session: AsyncSession) -> Margins | None:
    """The population's newest figures."""
    return await session.scalar(sa.select(Margins).order_by(Margins.year.desc()).limit(1))


async def pool_of(session: AsyncSession, meeting: Meeting, margins: Margins | None, now: datetime, cap: int) -> Pool:
    """Active members who consented to meetings, within the contact cap ``cap`` and the meeting's days of rest.

    Where there is a call, those of them who said yes to it. They want to hear of this meeting, so the cap, which
    decided who was asked, does not take them out again.
    """
    people: list[Person] = []
    left_out: Counter[str] = Counter()
    for row in await session.execute(_looked_at(meeting, now, cap).order_by(Member.id)):
        if row.rule is None:
            people.append(Person(row.id, _kind(row, margins)))
        else:
            left_out[row.rule] += 1
    return Pool(tuple(people), left_out)


async def heads_of_pool(
    session: AsyncSession, meeting: Meeting, margins: Margins | None, now: datetime, cap: int
) -> tuple[Heads, Mapping[str, int]]:
    """The same counted: how many of each kind may be drawn, and how many are left out by each rule."""
    each = _looked_at(meeting, now, cap).subquery()
    alike = [each.c[name] for name in ("gender", "year_of_birth", "area", "answer", "rule")]
    heads: Counter[Kind] = Counter()
    left_out: Counter[str] = Counter()
    for row in await session.execute(sa.select(*alike, sa.func.count().label("heads")).group_by(*alike)):
        if row.rule is None:
            heads[_kind(row, margins)] += row.heads
        else:
            left_out[row.rule] += row.heads
    return heads, left_out


def _looked_at(meeting: Meeting, now: datetime, cap: int) -> sa.Select[Any]:
    """Every member with the first rule that leaves him or her out of the pool, null for those in it."""
    rules: list[tuple[sa.ColumnElement[bool], Any]] = [
        (sa.and_(sa.not_(WILLING), Member.status == "active"), "unwilling"),
        (sa.not_(WILLING), Member.status),
    ]
    members = sa.select(Member.id, Member.gender, Member.year_of_birth, Member.area)
    # A made-up resident is nobody whom a draw leaves out.
    members = members.where(Member.erased.is_(False), Member.status.is_not(None), Member.status != "synthetic")
    answer: sa.ColumnElement[Any] = sa.null()
    if meeting.called_until is None:
        rules += [(Member.id.in_(rested(meeting, now)), "rested"), (Member.id.in_(at_the_cap(now, cap)), "capped")]
    else:
        said_yes = sa.and_(Called.meeting_id == meeting.id, Called.member_id == Member.id, Called.state == "yes")
        members, answer = members.outerjoin(Called, said_yes), Called.answer.expression
        rules += [(Called.id.is_(None), "uncalled"), (Member.id.in_(rested(meeting, now)), "rested")]
    return members.add_columns(answer.label("answer"), sa.case(*rules, else_=None).label("rule"))


def answers_of(meeting: Meeting) -> tuple[str, ...]:
    """The options of the question that the meeting's call asks, if it does."""
    return tuple(meeting.call["options"]) if meeting.call else ()


def _kind(row: Any, margins: Margins | None) -> Kind:
    kind = kind_of(row.gender, row.year_of_birth, row.area, margins)
    return kind if row.answer is None else (*kind, row.answer)


def rested(meeting: Meeting, now: datetime) -> sa.Select[UUID | None]:
    """Members who were asked to another meeting so lately that this one leaves them in peace."""
    since = now - timedelta(days=meeting.rest_days)
    return sa.select(Invitation.member_id).where(
        Invitation.invited_at > since, Invitation.member_id.is_not(None), Invitation.meeting_id != meeting.id
    )


def kind_of(gender: str, year_of_birth: int, area: str | None, margins: Margins | None) -> Kind:
    """The kind of person a member is in a draw; a gender or an area the figures do not know counts as none stated."""
    year, bands = (margins.year, margins.bands) if margins else (None, [])
    areas = {area.area for area in margins.areas} if margins else set()
    band = band_of(year_of_birth, year, bands)
    return (gender_of(gender), band, area if area and area in areas else "")


def band_codes(margins: Margins | None) -> list[str]:
    """Age bands from young to old."""
    return [band.code for band in margins.bands] if margins else [UNKNOWN_BAND]


def values_of(margins: Margins | None, answers: Sequence[str] = ()) -> dict[str, list[str]]:
    """What there may be quotas for: feature -> values in the order they are shown; ``answers`` are a call's options."""
    if margins is None:
        return {}
    values = {"gender": list(COUNTED_GENDERS), "band": band_codes(margins)}
    more = {"area": [area.area for area in margins.areas], "answer": list(answers)}
    return values | {feature: each for feature, each in more.items() if each}


def limits_of_population(margins: Margins | None, heads: Heads, seats: int) -> list[Limit]:
    """Each value's share of the population, rounded down and up; none without figures."""
    if margins is None:
        return []
    totals: dict[str, Counter[str]] = {"gender": Counter(), "band": Counter(), "area": Counter()}
    for cell in margins.population:
        totals["gender"][cell.gender] += cell.population
        totals["band"][cell.band] += cell.population
    # Where every area's residents are known by age, those too young or too old for a band count in no share.
    by_age = all(area.cells for area in margins.areas)
    for area in margins.areas:
        totals["area"][area.area] += sum(cell.population for cell in area.cells) if by_age else area.population
    return _limits(totals, margins, heads, seats)


def limits_of_panel(margins: Margins | None, heads: Heads, seats: int, answers: Sequence[str] = ()) -> list[Limit]:
    """Each value's share of the pool, rounded down and up."""
    totals: dict[str, Counter[str]] = {feature: Counter() for feature in features_of(heads)}
    for kind, number in heads.items():
        for by_value, value in zip(totals.values(), kind, strict=True):
            by_value[value] += number
    return _limits(totals, margins, heads, seats, answers)


def _limits(
    totals: Mapping[str, Mapping[str, int]],
    margins: Margins | None,
    heads: Heads,
    seats: int,
    answers: Sequence[str] = (),
) -> list[Limit]:
    shares: dict[str, dict[str, float]] = {}
    for feature, values in values_of(margins, answers).items():
        counts = totals.get(feature, {})
        total = sum(counts.get(value, 0) for value in values)
        if total:
            shares[feature] = {value: counts.get(value, 0) / total for value in values}
    pool = sum(heads.values())
    unstated = {
        feature: sum(number for kind, number in heads.items() if kind[at] not in shares.get(feature, ())) / pool
        for at, feature in enumerate(features_of(heads))
    } if pool else {}  # fmt: skip
    return limits_of_shares(shares, seats, unstated)


def limits_for(meeting: Meeting, margins: Margins | None, heads: Heads) -> list[Limit]:
    """The quotas set by hand, else the population's."""
    if meeting.limits is not None:
        return limits_of_rows(meeting.limits)
    return limits_of_population(margins, heads, meeting.seats)


def outdated_limits(meeting: Meeting, margins: Margins | None) -> bool:
    """Quotas set by hand for ages or areas there are no more."""
    values = values_of(margins, answers_of(meeting))
    pairs = {(feature, value) for feature, each in values.items() for value in each}
    return any((limit.feature, limit.value) not in pairs for limit in limits_of_rows(meeting.limits or []))


def limits_of_rows(rows: Iterable[Mapping[str, Any]]) -> list[Limit]:
    """Quotas as stored."""
    return [Limit(row["feature"], row["value"], row["least"], row["most"]) for row in rows]


def rows_of_limits(limits: Iterable[Quota]) -> list[dict[str, object]]:
    """Quotas to be stored."""
    return [asdict(limit) for limit in limits]
