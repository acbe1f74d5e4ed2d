"""Questionnaires for tests: the contracts' example, and one as a newer version of surveys may send it."""

from copy import deepcopy
from typing import Any

from shared.events.questionnaire.example import QUESTIONNAIRE

#: The question of a kind that no version knows yet.
HOLOGRAM = {
    "type": "hologram",
    "id": "hologram",
    "text": {"nb": "Hva ser du?", "sv": "Vad ser du?"},
    "required": True,
    "layers": [1, 2],
}


def content(**changes: Any) -> dict[str, Any]:
    """The example as a file holds it, with some of its fields replaced."""
    return deepcopy(QUESTIONNAIRE) | changes


def newer() -> dict[str, Any]:
    """The example with an unknown kind of question first, and unknown fields at every level."""
    questionnaire = content(colour="blue")
    first = questionnaire["pages"][0]
    first["picture"] = "buss.png"
    first["questions"][1]["depth"] = 3
    first["questions"][1]["options"][0]["picture"] = "buss.png"
    first["questions"].insert(0, deepcopy(HOLOGRAM))
    return questionnaire
