"""The code on a paper, and pages keyed in from one."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.surveys.paper.domain import all_optional, code_of, ending_of
from shared.events.questionnaire import Questionnaire, example


@given(st.uuids())
def test_a_code_leads_back_to_its_invitation_however_it_is_written(id_: UUID) -> None:
    code = code_of(id_)
    assert ending_of(code) == str(id_)[-12:]
    assert ending_of(code.upper().replace("-", " ").replace("0", "O").replace("1", "L")) == str(id_)[-12:]


@pytest.mark.parametrize("code", ["", "abc", "abcde-fghj", "abcde-fghjkm", "uuuuu-uuuuu", "zzzzz-zzzzz", "'; drop"])
def test_what_is_no_code_is_none(code: str) -> None:
    assert ending_of(code) is None


def test_a_code_is_ten_signs_that_nobody_mistakes_for_each_other() -> None:
    assert code_of(UUID("00000000-0000-7000-8000-000000000000")) == "00000-00000"
    assert code_of(UUID("0190a1b2-c3d4-7e5f-8a6b-ffffffffffff")) == "7zzzz-zzzzz"
    assert code_of(UUID("0190a1b2-c3d4-7e5f-8a6b-000000000021")) == "00000-00011"
    assert ending_of(" 7ZZZZ zzzzz ") == 12 * "f"
    assert ending_of("80000-00000") is None, "a figure more than the id has"
    assert ending_of("oOlI1-00000") == "000842000000", "00111-00000"


def test_nothing_has_to_be_answered_on_a_page_keyed_in_and_all_else_stays() -> None:
    pages = Questionnaire.model_validate(example.QUESTIONNAIRE).pages
    assert any(question.required for page in pages for question in page.known)
    for page in pages:
        keyed = all_optional(page)
        assert not any(question.required for question in keyed.known)
        assert [question.id for question in keyed.questions] == [question.id for question in page.questions]
        assert (keyed.id, keyed.title, keyed.show_if) == (page.id, page.title, page.show_if)
