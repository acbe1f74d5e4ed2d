"""Whom a survey is for: each field of the filter alone, and what nobody asked for lets everybody through."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from services.surveys.audience.domain import (
    EVERYBODY,
    NONE,
    Audience,
    Sample,
    StratumDrawn,
    is_wanted,
    leaves_minors_out,
    only_adults,
)
from services.surveys.audience.words import described, group
from services.surveys.domain import asks_for_area, with_areas
from services.surveys.fieldwork.domain import ReleaseCell
from shared.events.questionnaire import Area, Questionnaire
from shared.web.i18n import language
from tests.questionnaires import content

JOINED = datetime(2026, 3, 1, tzinfo=UTC)
#: Somebody who turns 40 this year.
KARI = {
    "gender": "female",
    "year_of_birth": 1986,
    "area": "vest",
    "language": "nb",
    "joined_at": JOINED,
    "took_part": False,
    "year": 2026,
}


@pytest.mark.parametrize(
    ("audience", "changed", "wanted"),
    [
        (EVERYBODY, {}, True),
        (Audience(genders=("male", "female")), {}, True),
        (Audience(genders=("male",)), {}, False),
        (Audience(age_from=40), {}, True),
        (Audience(age_from=41), {}, False),
        (Audience(age_to=40), {}, True),
        (Audience(age_to=39), {}, False),
        (Audience(areas=("ost", "vest")), {}, True),
        (Audience(areas=("ost", NONE)), {}, False),
        (Audience(areas=(NONE,)), {"area": None}, True),
        (Audience(areas=("vest",)), {"area": None}, False),
        (Audience(languages=("nb",)), {}, True),
        (Audience(languages=("nn", NONE)), {}, False),
        (Audience(languages=(NONE,)), {"language": None}, True),
        (Audience(joined_since=JOINED), {}, True),
        (Audience(joined_since=JOINED + timedelta(seconds=1)), {}, False),
        (Audience(survey=uuid4()), {}, False),
        (Audience(survey=uuid4()), {"took_part": True}, True),
        (Audience(meeting=uuid4()), {}, False),
        (Audience(meeting=uuid4()), {"took_part": True}, True),
        # What suits does not make up for what does not.
        (Audience(genders=("female",), age_from=41), {}, False),
        (Audience(survey=uuid4(), areas=("ost",)), {"took_part": True}, False),
    ],
)
def test_a_member_is_wanted_who_has_everything_that_is_asked_for(
    audience: Audience, changed: dict[str, Any], wanted: bool
) -> None:
    assert is_wanted(audience, **{**KARI, **changed}) is wanted


def test_a_filter_that_asks_for_nothing_is_everybody() -> None:
    assert Audience().everybody
    assert not Audience(areas=(NONE,)).everybody


def test_a_samples_numbers_are_those_of_its_strata() -> None:
    strata = [
        StratumDrawn(gender="female", band="15-24", area=None, residents=1, response=0.5, pool=9, capped=2, drawn=3),
        StratumDrawn(gender="male", band="15-24", area=None, residents=1, response=0.5, pool=20, capped=1, drawn=4),
    ]
    sample = Sample(rule="x", seed="x", pool_hash="x", size=7, cap=6, strata=tuple(strata))
    assert (sample.pool, sample.capped, sample.drawn) == (29, 3, 7)


def asking_where(**question: Any) -> Questionnaire:
    """The example's first page with one more question, of where one lives."""
    questionnaire = content()
    texts = dict.fromkeys(questionnaire["title"], "Hvor bor du?")
    questionnaire["pages"][0]["questions"].append({"type": "area", "id": "omraade", "text": texts, **question})
    return Questionnaire.model_validate(questionnaire)


def options_of(questionnaire: Questionnaire) -> tuple[str, ...]:
    """Codes of the question's options."""
    (question,) = [candidate for candidate in questionnaire.questions if candidate.id == "omraade"]
    assert isinstance(question, Area)
    return tuple(option.code for option in question.options)


def test_the_municipalitys_areas_become_the_options_of_a_question_that_names_none() -> None:
    questionnaire = asking_where()
    assert asks_for_area(questionnaire)
    copy = with_areas(questionnaire, [("vest", "Vest"), ("2 nord-ost", "2 Nordøst"), ("x" * 50, "X")])
    assert options_of(copy) == ("vest", "o2_nord_ost", "x" * 40)
    assert not asks_for_area(copy)
    assert copy.pages[1:] == questionnaire.pages[1:]


def test_a_question_that_names_its_areas_keeps_them() -> None:
    own = [{"code": code, "text": dict.fromkeys(content()["title"], code)} for code in ("nord", "sor")]
    questionnaire = asking_where(options=own)
    assert not asks_for_area(questionnaire)
    assert options_of(with_areas(questionnaire, [("vest", "Vest")])) == ("nord", "sor")


@pytest.mark.parametrize(
    ("age_from", "raised", "leaves_out"),
    [(None, 19, False), (0, 19, False), (15, 19, False), (18, 19, False), (19, 19, True), (40, 40, True)],
)
def test_who_may_be_under_eighteen_is_left_out(age_from: int | None, raised: int, leaves_out: bool) -> None:
    """Nineteen: of those who turn eighteen this year some have not yet."""
    audience = Audience(age_from=age_from, age_to=50, areas=("vest",))
    assert only_adults(audience) == Audience(age_from=raised, age_to=50, areas=("vest",))
    assert leaves_minors_out(audience) is leaves_out


def test_areas_with_commas_in_their_names_are_told_apart() -> None:
    names = {"a": "Bekkestua, Haslum", "b": "Fossum"}
    cell = ReleaseCell("female", ("15-24",), ("a", "b"))
    assert group(cell, names) == "Kvinner, 15–24 år, «Bekkestua, Haslum», «Fossum»"
    assert group(ReleaseCell(None, None, ("b",)), names) == "Alle kjønn, Fossum"
    texts = language("nb", ZoneInfo("Europe/Oslo"), [])
    for areas, words in ((("a", "b", NONE), "«Bekkestua, Haslum», «Fossum», utenfor områdene"), (("b",), "Fossum")):
        said = described(Audience(areas=areas), names, {}, texts, ZoneInfo("Europe/Oslo"))
        assert said == [("Område", words)]
    assert described(Audience(areas=(NONE,)), names, {}, texts, ZoneInfo("Europe/Oslo")) == [
        ("Område", "utenfor områdene")
    ]
