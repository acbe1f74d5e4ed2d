"""A newer surveys sends a kind of question nobody else knows yet: every consumer takes the survey all the same."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from shared.cli import load_service
from shared.events.surveys import SurveyOpened
from shared.ids import new_id
from shared.service import Runtime
from shared.services import SERVICES
from shared.testing import Deliverer, dead_letters
from tests.questionnaires import newer

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
CONSUMERS = [
    name for name in SERVICES if any(SurveyOpened in subscribed.events for subscribed in load_service(name).handlers)
]


@pytest.mark.parametrize("name", CONSUMERS)
async def test_a_survey_with_an_unknown_kind_is_no_dead_letter(
    name: str, runtime_of: Callable[..., Awaitable[Runtime]]
) -> None:
    rt = await runtime_of(name)
    await Deliverer(rt)(
        SurveyOpened(
            survey_id=new_id(), questionnaire=newer(), opened_at=AT, closes_at=AT + timedelta(days=14), cell_minimum=5
        )
    )
    assert await dead_letters(rt) == []


def test_the_three_who_show_something_of_a_survey_are_tried() -> None:
    assert set(CONSUMERS) >= {"registration", "notifications", "results"}
