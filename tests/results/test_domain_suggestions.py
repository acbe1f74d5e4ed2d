"""The rules of a suggestion."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.results.suggestions.domain import STATES, Decision, mark, notice_of, problems, settled


@given(st.sampled_from(STATES), st.sampled_from(STATES), st.text(max_size=3), st.text(max_size=3) | st.none())
def test_a_mail_goes_exactly_when_something_the_sender_is_told_has_changed(
    before: str, state: str, answer: str, answer_before: str | None
) -> None:
    decision = Decision(state, answer, False, "", "", "x", "y")
    notice = notice_of(before, decision, answer_before)
    news = bool(answer and answer != (answer_before or "")) or (state != before and state != "new")
    assert (notice is not None) is news
    assert ("answer" in problems(decision)) is (state in ("answered", "declined") and not answer)


def decision(state: str = "considered", **changes: Any) -> Decision:
    """One with every field filled in."""
    return replace(Decision(state, "Svar", True, "Benker", "Flere benker", "Vegvesenet", "benker"), **changes)


@pytest.mark.parametrize(
    ("decided", "missing"),
    [
        (decision("considered", answer="", forwarded_to="", merged_into=""), set()),
        (decision("answered", answer=""), {"answer"}),
        (decision("declined", answer=""), {"answer"}),
        (decision("declined"), set()),
        (decision("forwarded", answer="", merged_into=""), set()),
        (decision("forwarded", forwarded_to=""), {"forwarded_to"}),
        (decision("merged", answer="", forwarded_to=""), set()),
        (decision("merged", merged_into=""), {"merged_into"}),
        (decision(public_heading="", public_text=""), {"public_heading", "public_text"}),
        (decision(public=False, public_heading="", public_text=""), set()),
    ],
)
def test_what_a_decision_lacks_is_said_by_its_field(decided: Decision, missing: set[str]) -> None:
    assert problems(decided).keys() == missing


def test_a_decision_keeps_what_its_state_uses_alone() -> None:
    decisions = {state: settled(decision(state)) for state in STATES}
    assert {state for state, outcome in decisions.items() if outcome.forwarded_to} == {"forwarded"}
    assert {state for state, outcome in decisions.items() if outcome.merged_into} == {"merged"}
    assert all(outcome == decision(state, forwarded_to="", merged_into="") for state, outcome in decisions.items()
               if state not in ("forwarded", "merged"))  # fmt: skip


def test_two_decisions_have_one_mark_only_when_they_are_the_same() -> None:
    assert mark(decision()) == mark(decision())
    assert len({mark(decision()), mark(decision(answer="")), mark(decision("new")), mark(decision(public=False))}) == 4
    assert len(mark(decision())) == 16


@pytest.mark.parametrize(
    ("before", "state", "answer", "answer_before", "notice"),
    [
        ("new", "answered", "Svar", None, "answer"),
        ("new", "answered", "Svar", "Svar", "status"),
        ("answered", "answered", "Nytt svar", "Svar", "answer"),
        ("answered", "answered", "Svar", "Svar", None),
        ("answered", "declined", "", "Svar", "status"),
        ("new", "considered", "", None, "status"),
        ("considered", "new", "", None, None),
        ("considered", "new", "Svar", "", "answer"),
    ],
)
def test_a_new_answer_is_told_before_a_new_state(
    before: str, state: str, answer: str, answer_before: str | None, notice: str | None
) -> None:
    assert notice_of(before, decision(state, answer=answer), answer_before) == notice
