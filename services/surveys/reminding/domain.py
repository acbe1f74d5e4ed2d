"""Rules of reminders: when the next one may go, and whom it need not reach.

Pure functions of values; which days are public holidays is a parameter.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.surveys.fieldwork.domain import FRESH, target_of

#: The most reminders of one survey.
MOST = 2
#: Proposed: days between the first reminder and the second, and the hours between which they go.
AGAIN_AFTER, FROM_HOUR, TO_HOUR = 4, 9, 20
_SATURDAY = 5


@dataclass(frozen=True)
class Reminding:
    """How a survey reminds; the day of the first reminder is the plan's."""

    again_after: int | None = None
    """Days from the first reminder to the second; None for one reminder."""
    from_hour: int = FROM_HOUR
    to_hour: int = TO_HOUR
    """Reminders go from ``from_hour`` on and before ``to_hour``, the installation's time."""
    until_enough: bool = False
    """A stratum that has as many answers as aimed at is not reminded."""

    @property
    def planned(self) -> int:
        """How many reminders, when there is any."""
        return 1 if self.again_after is None else MOST


def next_moment(
    at: datetime, from_hour: int, to_hour: int, is_holiday: Callable[[date], bool], zone: ZoneInfo
) -> datetime:
    """The first instant from ``at`` on that lies on a working day between the hours."""
    local = at.astimezone(zone)
    day, moment = local.date(), local.time()
    if moment >= time(to_hour):
        day, moment = day + timedelta(days=1), time(from_hour)
    while day.weekday() >= _SATURDAY or is_holiday(day):
        day, moment = day + timedelta(days=1), time(from_hour)
    return datetime.combine(day, max(moment, time(from_hour)), zone)


def moment_after_inviting(
    planned: datetime,
    invited_at: datetime,
    closes_at: datetime,
    reminding: Reminding,
    is_holiday: Callable[[date], bool],
    zone: ZoneInfo,
) -> datetime | None:
    """The reminder as planned, or as soon as it reaches those just invited; None where they have no such day."""
    fresh_until = datetime.combine(invited_at.astimezone(zone).date() + FRESH, time(), zone)
    if planned >= fresh_until:
        return planned
    moment = next_moment(fresh_until, reminding.from_hour, reminding.to_hour, is_holiday, zone)
    return moment if moment < closes_at else None


def second_moment(
    first_on: date, reminding: Reminding, is_holiday: Callable[[date], bool], zone: ZoneInfo
) -> datetime | None:
    """When the second reminder goes after one that went on ``first_on``, or None when there is no second."""
    if reminding.again_after is None:
        return None
    day = first_on + timedelta(days=reminding.again_after)
    at = datetime.combine(day, time(reminding.from_hour), zone)
    return next_moment(at, reminding.from_hour, reminding.to_hour, is_holiday, zone)


def strata_with_enough(counts: Iterable[tuple[tuple[str, str], int, int]], percent: int) -> list[list[str]]:
    """[gender, band] of strata in which ``percent`` of those invited have answered; (stratum, invited, answered)."""
    return [
        list(stratum) for stratum, invited, answered in counts if invited and answered >= target_of(invited, percent)
    ]
