"""Who a survey asks, as staff see it on its page: the filter in words, and how a sample was drawn."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.audience.form import choices_of
from services.surveys.audience.words import described
from services.surveys.tables import Survey
from shared.strata import PEOPLE, band_words
from shared.web.i18n import Language


async def who_is_asked(
    session: AsyncSession, survey: Survey, language: Language, zone: ZoneInfo, now: datetime
) -> dict[str, object]:
    """``audience`` as (what, value), and ``strata`` of the sample as (gender, age, area, figures)."""
    choices = await choices_of(session, language, now)
    areas = dict(choices.areas)
    strata = survey.sample.strata if survey.sample else ()
    return {
        "audience": described(survey.audience, areas, dict(choices.parts), language, zone),
        "strata": [
            (PEOPLE.get(row.gender, row.gender), band_words(row.band), areas.get(row.area or "", row.area or "–"), row)
            for row in strata
        ],
    }
