"""The questionnaire as a contract: what SurveyOpened carries, and the one place that says how it is read.

Strict when staff write one (``rules.strict``), tolerant when a consumer reads one that a newer version wrote: a kind of
question it does not know becomes an ``UnknownQuestion``, a field it does not know is ignored.
"""

from shared.events.questionnaire.kinds import (
    DO_NOT_KNOW,
    KINDS,
    LONG_TEXT,
    SCALE,
    SHORT_TEXT,
    WRITTEN,
    KnownQuestion,
    LongText,
    Number,
    OneChoice,
    Question,
    Scale,
    SeveralChoices,
    ShortText,
    UnknownQuestion,
)
from shared.events.questionnaire.model import Cover, Page, Questionnaire, json_schema
from shared.events.questionnaire.parts import LANGUAGES, Part, Texts
from shared.events.questionnaire.rules import RulesBroken, strict

__all__ = [
    "DO_NOT_KNOW",
    "KINDS",
    "LANGUAGES",
    "LONG_TEXT",
    "SCALE",
    "SHORT_TEXT",
    "WRITTEN",
    "Cover",
    "KnownQuestion",
    "LongText",
    "Number",
    "OneChoice",
    "Page",
    "Part",
    "Question",
    "Questionnaire",
    "RulesBroken",
    "Scale",
    "SeveralChoices",
    "ShortText",
    "Texts",
    "UnknownQuestion",
    "json_schema",
    "strict",
]
