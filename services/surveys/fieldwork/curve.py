"""The progress of a survey for staff: response curve, target, expected end."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from markupsafe import Markup

from services.surveys.fieldwork.domain import answered_by_day, expected_at_end, standing_of, target_of
from services.surveys.fieldwork.store import Turnout
from services.surveys.tables import Survey
from shared.rules import last_day
from shared.web import Request, runtime, translate
from shared.web.charts import line

#: Word and colour of each standing of a survey: the same in lists, files and on its page.
STATE_WORDS = {
    "planned": ("Planlagt", "info"),
    "opening": ("Åpner nå", "info"),
    "missed": ("Åpnet ikke", "warning"),
    "open": ("Åpen", "success"),
    "soft": ("Prøves ut", "info"),
    "paused": ("Satt på pause", "warning"),
    "ended": ("Stengt for svar", "info"),
    "closed": ("Stengt", "neutral"),
    "cancelled": ("Avlyst", "neutral"),
}


def standing(survey: Survey, now: datetime) -> str:
    """Where the survey stands, one of ``STATE_WORDS``."""
    if survey.state == "open" and survey.soft:
        return "soft"
    return standing_of(survey.state, survey.opens_at, survey.closes_at, now)


def survey_title(survey: Survey) -> str:
    """The questionnaire's topic in Bokmål."""
    return survey.questionnaire.title.nb


def followed(
    request: Request, survey: Survey, turnout: Turnout, per_day: Mapping[date, int], now: datetime
) -> dict[str, object]:
    """What is shown of an open or closed survey: curve, picture, target, expected end."""
    zone = runtime(request).settings.zone
    assert survey.opened_at is not None
    until = survey.closed_at or min(now, survey.closes_at)
    curve = answered_by_day(per_day, survey.opened_at.astimezone(zone).date(), until.astimezone(zone).date())
    expected = None
    # The first hours say little: a handful of quick answers would promise everybody.
    if survey.state == "open" and now - survey.opened_at >= timedelta(days=1):
        expected = expected_at_end(turnout.answered, survey.opened_at, survey.closes_at, now, turnout.invited)
    target = target_of(turnout.invited, survey.target_percent)
    return {
        "survey": survey,
        "title": survey_title(survey),
        "turnout": turnout,
        "curve": curve,
        # Words say it better than a curve along the bottom.
        "picture": _picture(request, curve, turnout, target) if turnout.answered else None,
        "expected": expected,
        "target": target,
        "last_day": last_day(survey.closes_at),
    }


def _picture(request: Request, curve: Sequence[tuple[date, int]], turnout: Turnout, target: int) -> Markup:
    """The response curve towards the target."""
    texts = translate(request)
    number = texts.number
    title = f"{number(turnout.answered)} av {number(turnout.invited)} har svart"
    description = f"Hvor mange som hadde svart ved slutten av hver dag. Den stiplede linjen er målet, {number(target)}."
    # Two points at least, so that the first day has a line too.
    points = [("", 0), *((f"{day.day}.{day.month}.", total) for day, total in curve)]
    return line(title, description, points, max(target, turnout.answered), (f"Mål: {number(target)}", target), texts)
