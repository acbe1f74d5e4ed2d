"""Both wordings of a text corrected while the survey was open stand with its result."""

from datetime import timedelta

from services.results.showing import tables_of
from services.results.tables import Survey
from shared.events.surveys import SurveyChanged, TextChange, TextCorrection
from shared.service import Runtime
from shared.testing import Deliverer
from shared.web.i18n import language
from tests.results.test_publishing import AT, opened


async def test_a_result_says_what_was_corrected_and_how_many_had_answered(rt: Runtime) -> None:
    opening = opened()
    change = {"place": "pages.0.title", "before": "Slik reisr du", "after": "Slik reiser du"}
    correction = SurveyChanged(
        survey_id=opening.survey_id,
        state="open",
        closes_at=opening.closes_at,
        changed_at=AT,
        questionnaire=opening.questionnaire,
        corrections=(
            TextCorrection(
                corrected_at=AT + timedelta(days=1),
                answered=12,
                changes=(
                    TextChange(**change, language="nb"),
                    TextChange(place="pages.0.title", language="en", before="How yuo travel", after="How you travel"),
                ),
            ),
        ),
    )
    await Deliverer(rt)(opening, correction)
    async with rt.transaction() as session:
        survey = await session.get_one(Survey, opening.survey_id)

    for code, texts in (("nb", ("Slik reisr du", "Slik reiser du")), ("en", ("How yuo travel", "How you travel"))):
        ((_, answers, changes),) = tables_of(survey, [], {}, language(code, rt.settings.zone, []))["corrections"]
        assert (answers, changes) == (12, [texts])
