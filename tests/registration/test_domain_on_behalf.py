"""What changed on behalf of a member, and whether only the person can want it."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from services.registration.on_behalf.domain import (
    HOWS,
    PURPOSES,
    ChangeInput,
    ReasonInput,
    Standing,
    changes,
    needs_wish,
)
from tests.registration.given import DETAILS

KARI = Standing("Kari", "kari@example.org", 1980, "female", "1353", False, "nb", "active", frozenset({"surveys"}))


def test_a_change_is_named_by_what_it_is_about_and_never_by_values() -> None:
    paused = Standing("Kåre", "ny@example.org", 1980, "female", "1353", True, "nn", "paused", frozenset({"meetings"}))
    expected = ("name", "email", "language", "postcode", "surveys_no", "meetings_yes", "paused")
    assert changes(KARI, paused) == expected
    assert changes(KARI, KARI) == ()
    assert paused.seen != KARI.seen


@pytest.mark.parametrize(
    ("changed", "wished"),
    [(("name",), False), (("surveys_no", "paused"), False), (("meetings_yes",), True), (("active",), True)],
)
def test_only_the_person_can_want_more_than_before(changed: tuple[str, ...], wished: bool) -> None:
    assert needs_wish(changed) is wished


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"name": "Kåre"}, ("name",)),
        ({"email": "ny@example.org"}, ("email",)),
        ({"year_of_birth": None}, ("year_of_birth",)),
        ({"gender": "male"}, ("gender",)),
        ({"postcode": "1354"}, ("postcode",)),
        ({"lives_here": True}, ("postcode",)),
        ({"postcode": "1354", "lives_here": True}, ("postcode",)),
        ({"language": "en"}, ("language",)),
        ({"status": "paused"}, ("paused",)),
        ({"purposes": frozenset()}, ("surveys_no",)),
        ({"purposes": frozenset(PURPOSES)}, ("meetings_yes", "results_yes")),
    ],
)
def test_each_change_has_its_code_and_the_way_back_its_own(changed: dict[str, Any], codes: tuple[str, ...]) -> None:
    after = replace(KARI, **changed)
    assert changes(KARI, after) == codes
    back = {"paused": "active"}
    turned = {code: code.replace("_no", "_YES").replace("_yes", "_no").replace("_YES", "_yes") for code in codes}
    assert changes(after, KARI) == tuple(back.get(code, turned[code]) for code in codes)
    assert after.seen != KARI.seen


def test_what_was_seen_is_sixteen_signs_whatever_order_purposes_came_in() -> None:
    turned = replace(KARI, purposes=frozenset(reversed(PURPOSES)))
    assert turned.seen == replace(KARI, purposes=frozenset(PURPOSES)).seen
    assert len(KARI.seen) == 16


@pytest.mark.parametrize(("note", "taken"), [("", False), ("x", True), ("x" * 200, True), ("x" * 201, False)])
def test_a_reason_is_a_word_to_two_hundred_letters(note: str, taken: bool) -> None:
    for how in HOWS:
        given = {"how": how, "note": note}
        try:
            assert ReasonInput.model_validate(given).how == how
        except ValidationError:
            assert not taken
        else:
            assert taken


@pytest.mark.parametrize(
    ("purposes", "kept"), [([], ()), (list(PURPOSES), PURPOSES), ([*PURPOSES, "surveys"], None), (["mail"], None)]
)
def test_a_member_may_want_nothing_and_no_more_than_there_is(purposes: list[str], kept: tuple[str, ...] | None) -> None:
    told = {**DETAILS, "how": "phone", "note": "Ringte", "status": "active"}
    if kept is None:
        with pytest.raises(ValidationError):
            ChangeInput.model_validate({**told, "purposes": purposes})
    else:
        assert ChangeInput.model_validate({**told, "purposes": purposes}).purposes == kept
        assert ChangeInput.model_validate(told).purposes == ()
