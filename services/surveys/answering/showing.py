"""A question as a form shows it: its choices in order, what stands in its fields, what is wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services.surveys.answering.domain import in_order, only_shown, page_beside, quotes, shown_questions
from services.surveys.answering.reading import NotAnAnswer, Sent, written_back
from shared.events.questionnaire import (
    Choice,
    Grid,
    KnownQuestion,
    LongText,
    Optioned,
    Pair,
    Questionnaire,
    Ranking,
    ShortText,
    Texts,
)
from shared.rules import N_
from shared.web.forms import REFUSED_CHARACTERS
from shared.web.i18n import Language

#: By the code of a refusal.
MESSAGES = {
    "missing": N_("«{text}» må besvares"),
    "not_an_option": N_("Velg et av svarene på «{text}»"),
    "not_alone": N_("«{option}» kan ikke velges sammen med andre svar på «{text}»"),
    "too_many": N_("Velg høyst {max} svar på «{text}»"),
    "too_few": N_("Velg minst {min} svar på «{text}»"),
    "place_missing": N_("Velg et svar på plass {place} i «{text}»"),
    "ranked_twice": N_("Svaret på plass {place} i «{text}» er valgt før. Velg et annet"),
    "not_a_number": N_("«{text}»: Skriv et tall, for eksempel 20"),
    "not_whole": N_("«{text}» må besvares med et helt tall"),
    "too_many_decimals": N_("«{text}» kan ha høyst {decimals} siffer etter komma"),
    "out_of_range": N_("«{text}» må besvares med et tall fra {min} til {max}"),
    "not_a_year": N_("«{text}» må besvares med et årstall, skrevet med fire siffer"),
    "year_out_of_range": N_("«{text}» må besvares med et årstall fra {min} til {max}"),
    "not_a_day": N_("«{text}» må besvares med en dato, skrevet som dag, måned og år: 17.5.2026"),
    "too_early": N_("Datoen i «{text}» kan ikke være før {min}"),
    "too_late": N_("Datoen i «{text}» kan ikke være etter {max}"),
    "too_long": N_("Svaret på «{text}» kan ha høyst {max} tegn"),
    "characters": REFUSED_CHARACTERS,
}


@dataclass(frozen=True)
class FormQuestion:
    """One question of a page, for a reader of one language."""

    question: KnownQuestion
    texts: Language
    order: int = 0
    """The seed of the order of shuffled choices on this page."""
    quotations: Mapping[str, str] = field(default_factory=dict)
    """What earlier answers are called, where texts quote them."""
    values: Sent = field(default_factory=dict)
    """What stands in the fields."""
    refusals: Mapping[str, NotAnAnswer] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The question itself."""
        return self.to(self.question.text)

    def to(self, text: Texts) -> str:
        """A text of the question in the reader's language, with what it quotes."""
        return text.to(self.texts.code, self.quotations)

    @property
    def help(self) -> str | None:
        """What stands under the question."""
        return self.to(self.question.help) if self.question.help else None

    @property
    def choices(self) -> list[tuple[str, str]]:
        """(code, text) of what may be chosen, in the order of this page."""
        question = self.question
        if isinstance(question, Optioned):
            return [(option.code, self.to(option.text)) for option in in_order(question, question.options, self.order)]
        return list(question.labels(self.texts.code, self.texts.gettext(N_("Vet ikke"))).items())

    @property
    def statements(self) -> list[tuple[str, str]]:
        """(field, text) of a grid's statements, in the order of this page."""
        assert isinstance(self.question, Grid)
        statements = in_order(self.question, self.question.statements, self.order)
        return [(f"{self.question.id}.{statement.code}", self.to(statement.text)) for statement in statements]

    @property
    def beside(self) -> dict[str, dict[str, str | None]]:
        """Option code -> the field beside it for the person's own words: name, value, error."""
        names = self.question.written if isinstance(self.question, Optioned) else {}
        return {
            code: {"name": name, "value": self.value(name), "error": self.error(name)} for code, name in names.items()
        }

    @property
    def texts_of_ones_own(self) -> tuple[str, ...]:
        """The fields people write in."""
        if isinstance(self.question, ShortText | LongText):
            return self.question.fields
        return tuple(self.question.written.values()) if isinstance(self.question, Optioned) else ()

    @property
    def pictures(self) -> dict[str, tuple[str, str]]:
        """Option code -> (the picture as an address that holds it, what it shows)."""
        if not isinstance(self.question, Pair):
            return {}
        return {
            option.code: (option.picture.address, self.to(option.picture.shows))
            for option in self.question.options
            if option.picture
        }

    def value(self, name: str) -> str:
        """What stands in a field that holds one text."""
        return (self.values.get(name) or [""])[0]

    def error(self, name: str) -> str | None:
        """What is wrong with a field, in words."""
        refusal = self.refusals.get(name)
        return None if refusal is None else self._in_words(name, refusal)

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong, by field."""
        return {
            name: self._in_words(name, self.refusals[name]) for name in self.question.fields if name in self.refusals
        }

    def _in_words(self, name: str, refusal: NotAnAnswer) -> str:
        text = self._of(name)
        values = {key: self._value(key, value) for key, value in refusal.parameters.items()}
        return self.texts.gettext(MESSAGES[refusal.code]).format(text=text, **values)

    def _of(self, name: str) -> str:
        """The name of a field: a statement, or the question."""
        choices: tuple[Choice, ...] = getattr(self.question, "statements", ())
        named = (self.to(choice.text) for choice in choices if name == f"{self.question.id}.{choice.code}")
        return next(named, self.text)

    def _value(self, key: str, value: Any) -> object:
        if isinstance(value, date):
            return self.texts.date(value)
        return dict(self.choices)[value] if key == "option" else value

    @property
    def places(self) -> list[tuple[str, str]]:
        """(field, name) of the places of a ranking."""
        assert isinstance(self.question, Ranking)
        name = self.texts.gettext(N_("{place}. plass"))
        return [(id_, name.format(place=place)) for place, id_ in enumerate(self.question.fields, start=1)]


def standing(
    question: KnownQuestion, answers: Mapping[str, object], typed: Sent, language: str
) -> dict[str, list[str]]:
    """What stands in the question's fields: the answer as this reader writes it, or what was typed and is none.

    Beside an answer stand the words of an option that was not chosen.
    """
    values = {name: list(typed[name]) for name in question.fields if name in typed}
    if values and question.id not in answers:
        return values
    fields = written_back(question, answers) | values
    if isinstance(answers.get(question.id), float) and language != "en":
        return {question.id: [fields[question.id][0].replace(".", ",")]}
    return fields


def page_form(
    questionnaire: Questionnaire,
    texts: Language,
    number: int,
    answers: Mapping[str, object],
    typed: Sent,
    refusals: Mapping[str, NotAnAnswer],
    more: str,
    order: int,
) -> dict[str, object]:
    """What ``page.html`` shows of page ``number`` (from 1); ``more`` is a question the answers have brought up.

    ``order`` is the seed of the order of choices: the same when a form comes back, anew for a page opened.
    """
    visible = only_shown(questionnaire, answers)
    page = questionnaire.pages[number - 1]
    quotations = quotes(questionnaire, visible, texts.code, texts.gettext(N_("Vet ikke")))
    fields = [
        FormQuestion(question, texts, order, quotations, standing(question, answers, typed, texts.code), refusals)
        for question in shown_questions(page, visible)
    ]
    return {
        "order": order,
        "survey_title": questionnaire.title.to(texts.code),
        "title": page.title.to(texts.code, quotations),
        "fields": fields,
        "texts": [name for field in fields for name in field.texts_of_ones_own],
        "errors": {name: text for field in fields for name, text in field.errors.items()},
        "more": next((field for field in fields if field.question.id == more), None),
        "number": number,
        "pages": len(questionnaire.pages),
        "last": page_beside(questionnaire, answers, number, 1) is None,
        "keeps_what_was_typed": True,
    }


def drawn_by(text: str | None) -> int | None:
    """The number a form was drawn by, as it sends it back."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 10 else None
