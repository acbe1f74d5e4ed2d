"""Fields of one line: a browser sends no break in them, and a forged form that does is refused at the field."""

import pytest
from pydantic import BaseModel

from services.meetings.calling.staff import CallInput
from services.meetings.planning.staff import MeetingInput
from services.registration.importing.staff import ConsentsInput, ReferenceInput
from services.registration.joining.domain import DetailsInput
from services.registration.on_behalf.domain import ReasonInput
from services.registration.recruitment.staff import ChannelInput
from services.results.suggestions.pages import SuggestionInput
from services.results.suggestions.staff import DecisionInput
from shared.profile.own_questions import OwnOption
from shared.rules import on_one_line
from shared.web.forms import Form, validate

FIELDS = [
    *((MeetingInput, name) for name in ("heading", "place", "served")),
    *((SuggestionInput, name) for name in ("heading", "place")),
    *((DecisionInput, name) for name in ("public_heading", "forwarded_to")),
    (CallInput, "question"),
    (ChannelInput, "name"),
    (ConsentsInput, "reference"),
    (ReferenceInput, "reference"),
    (ReasonInput, "note"),
    (DetailsInput, "name"),
]


@pytest.mark.parametrize(("model", "field"), FIELDS)
def test_a_forged_break_is_refused_and_unicodes_own_marks_are_spaces(model: type[BaseModel], field: str) -> None:
    def wrong(text: str) -> str:
        return validate(model, Form([(field, text)]), {}, str)[1].get(field, "")

    for mark in ("\n", "\r", "\r\n", "\t"):
        assert "én linje" in wrong(f"Torget{mark}Bcc: alle"), repr(mark)
    for mark in ("\x0b", "\x0c", "\x1e", "\x85"):
        assert "usynlige tegn" in wrong(f"Torget{mark}Bcc: alle"), repr(mark)
    for text in ("Torget\u2028Bcc", "Torget\u2029Bcc", "Torget i Sandvika\n"):
        assert wrong(text) == ""


@pytest.mark.parametrize("mark", ["\n", "\r", "\u2028", "\u2029", "\x85", "\x0b"])
def test_a_profiles_lines_hold_no_break_and_what_comes_from_files_is_put_on_one(mark: str) -> None:
    with pytest.raises(ValueError, match="one_line"):
        OwnOption.model_validate({"code": "a", "text": {"nb": f"Torget{mark}Bcc"}})
    assert on_one_line(f" Torget {mark} Bcc") == "Torget Bcc"
