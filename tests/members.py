"""Members and the population, as registration tells the other services of them."""

from datetime import datetime, timedelta
from typing import Any

from shared.events.registration import AgeBand, Margin, MemberJoined, PopulationMarginsSet
from shared.ids import new_id

BANDS = (
    AgeBand(code="15-24", age_from=15, age_to=24),
    AgeBand(code="25-44", age_from=25, age_to=44),
    AgeBand(code="45-", age_from=45, age_to=None),
)


def margins(**changes: Any) -> PopulationMarginsSet:
    """Three age bands, as many women as men in each."""
    values: dict[str, Any] = {
        "margins_id": new_id(),
        "year": 2026,
        "source": "ssb-07459",
        "bands": BANDS,
        "area_scheme": "postcode-2026-05-26",
        "margins": tuple(Margin(gender=g, band=b.code, population=1000) for g in ("female", "male") for b in BANDS),
    }
    return PopulationMarginsSet(**(values | changes))


def joined(at: datetime, **changes: Any) -> MemberJoined:
    """A member who takes part in everything."""
    values: dict[str, Any] = {
        "member_id": new_id(),
        "year_of_birth": 1990,
        "gender": "female",
        "area": None,
        "area_scheme": "postcode-2026-05-26",
        "purposes": ("surveys", "meetings", "results"),
        "status": "active",
        "joined_at": at - timedelta(hours=1),
    }
    return MemberJoined(**(values | changes))


def many(at: datetime, number: int) -> list[MemberJoined]:
    """Members of both main genders and all bands."""
    return [
        joined(at, gender=("female", "male")[place % 2], year_of_birth=(2005, 1990, 1960)[place % 3])
        for place in range(number)
    ]
