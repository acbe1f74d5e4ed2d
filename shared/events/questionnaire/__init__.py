"""The questionnaire as a contract: what SurveyOpened carries, and the one place that says how it is read.

Strict when staff write one (``rules.strict``), tolerant when a consumer reads one that a newer version wrote: a kind of
question it does not know becomes an ``UnknownQuestion``, a field it does not know is ignored.
"""

from shared.events.questionnaire.choices import (
    DO_NOT_KNOW,
    MOST_PICTURE_BYTES,
    Area,
    Grid,
    OneChoice,
    Option,
    Optioned,
    Pair,
    Ranking,
    Scale,
    SeveralChoices,
    Steps,
)
from shared.events.questionnaire.conditions import Answered, Condition, Every, NoneOf, Some, holds
from shared.events.questionnaire.identity import identity_of, is_continued, wording
from shared.events.questionnaire.kinds import (
    KINDS,
    NOT_QUOTED,
    Day,
    Information,
    KnownQuestion,
    LongText,
    Number,
    Question,
    ShortText,
    UnknownQuestion,
    Year,
)
from shared.events.questionnaire.model import Cover, Page, Questionnaire, json_schema
from shared.events.questionnaire.parts import LANGUAGES, QUOTE, Choice, Part, Texts
from shared.events.questionnaire.rules import RulesBroken, strict
