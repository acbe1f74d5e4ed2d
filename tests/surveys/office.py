"""What staff fill in, and what the pages hold."""

import re
from datetime import timedelta

import sqlalchemy as sa

from services.surveys.tables import Survey
from shared.service import Runtime


def a_plan(rt: Runtime, **changes: str) -> dict[str, str]:
    """The form for opening the climate survey now."""
    today = rt.today()
    return {
        "questionnaire": "klima",
        "opens": "now",
        "opens_on": "",
        "threshold_size": "",
        "closes_on": (today + timedelta(days=14)).isoformat(),
        "reminder_on": (today + timedelta(days=7)).isoformat(),
    } | changes


async def surveys(rt: Runtime) -> list[Survey]:
    """Every stored survey."""
    async with rt.transaction() as session:
        return list(await session.scalars(sa.select(Survey)))


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's form."""
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
