"""What staff see of a survey's invitation before it is sent."""

from datetime import datetime
from typing import Literal
from urllib.parse import urlencode

from pydantic import AwareDatetime, BaseModel, ValidationError

from services.surveys.planning.evaluating import questionnaire_for
from shared.events.questionnaire import Questionnaire
from shared.web import Request, Response, problem, render
from shared.web.staff import staff_required


class EvaluationInput(BaseModel):
    """Which of a meeting's groups is asked, and until when."""

    group: Literal["guest", "present", "control"]
    compared: bool
    closes_at: AwareDatetime


def mail_query(questionnaire: Questionnaire, closes_at: datetime) -> str:
    """What notifications is asked with for the invitation's words."""
    return urlencode(
        {
            "purpose": "survey",
            "language": "nb",
            "title": questionnaire.title.nb,
            "topic": questionnaire.topic.nb if questionnaire.topic else "",
            "introduction": questionnaire.introduction.nb,
            "minutes": questionnaire.minutes,
            "closes_at": closes_at.isoformat(),
        }
    )


@staff_required("reader")
async def show_evaluation(request: Request) -> Response:
    """The questions and the mail of a meeting's evaluation: a part of meetings' page, or one of its own."""
    try:
        values = EvaluationInput.model_validate(dict(request.query_params))
    except ValidationError:
        return problem(request, 422)
    questionnaire = questionnaire_for(values.group, compared=values.compared)
    alone = request.headers.get("sec-fetch-dest") == "document"
    context = {"questionnaire": questionnaire, "mail": mail_query(questionnaire, values.closes_at)}
    template = "staff_evaluation_page.html" if alone else "staff_evaluation.html"
    return render(request, f"surveys/{template}", context)
