"""Rules that several rooms of the service share."""

import re
from collections.abc import Sequence

from shared.events.questionnaire import Area, Option, Page, Questionnaire, Texts


def asks_for_area(questionnaire: Questionnaire) -> bool:
    """Whether a question waits for the municipality's areas as its options."""
    return any(isinstance(question, Area) and not question.options for question in questionnaire.questions)


def with_areas(questionnaire: Questionnaire, areas: Sequence[tuple[str, str]]) -> Questionnaire:
    """The questionnaire with (code, name) of the areas as the options of questions that name none."""
    options = tuple(
        Option(
            code=re.sub(r"^(?=[0-9])", "o", re.sub("[^a-z0-9]", "_", code))[:40],
            text=Texts(**dict.fromkeys(questionnaire.languages, name)),
        )
        for code, name in areas
    )

    def filled(page: Page) -> Page:
        questions = (
            question.model_copy(update={"options": options})
            if isinstance(question, Area) and not question.options
            else question
            for question in page.questions
        )
        return page.model_copy(update={"questions": tuple(questions)})

    return questionnaire.model_copy(update={"pages": tuple(filled(page) for page in questionnaire.pages)})
