"""Norway's public holidays, as the law names them (helligdagsloven § 2, and the law on 1 and 17 May).

Written out, because a library that knows every country is 19 MB in the process on each day a reminder is due.
"""

from datetime import date, timedelta

_DAYS = ((1, 1), (5, 1), (5, 17), (12, 25), (12, 26))
#: Days from Easter Sunday: Maundy Thursday, Good Friday, Easter, Easter Monday, Ascension, Whitsun, Whit Monday.
_FROM_EASTER = (-3, -2, 0, 1, 39, 49, 50)


def is_holiday(day: date) -> bool:
    """Whether the day is a public holiday in Norway."""
    return (day.month, day.day) in _DAYS or (day - easter(day.year)).days in _FROM_EASTER


def easter(year: int) -> date:
    """Easter Sunday: the Sunday after the church's full moon of spring (Gauss, as Meeus writes it)."""
    century, rest = divmod(year, 100)
    leaps, leap = divmod(century, 4)
    moon = (19 * (year % 19) + century - leaps - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    sunday = (32 + 2 * leap + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (year % 19 + 11 * moon + 22 * sunday) // 451
    return date(year, 3, 22) + timedelta(days=moon + sunday - 7 * late)
