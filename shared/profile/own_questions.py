"""The optional questions about oneself that a municipality puts on the form for joining: few, each with its options.

On the administrator's page they are lines, in each language in the same order: a question, then ``- option`` for each.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.rules import ONE_LINE
from shared.slugs import slug_words

#: More would no longer be a form of two minutes.
MOST_QUESTIONS = 3
_MOST_OPTIONS = 12
_LONGEST_CODE = 40

#: What a form shows on one line: no tags, no breaks, of any kind.
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^<>]*$"), ONE_LINE
]
_Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]


class OwnOption(BaseModel):
    """One answer to choose; ``code`` is what is stored."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    code: _Code
    text: Mapping[str, Line]


class OwnQuestion(BaseModel):
    """One question with its options, by language."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: _Code
    text: Mapping[str, Line]
    options: Annotated[tuple[OwnOption, ...], Field(min_length=2, max_length=_MOST_OPTIONS)]

    @property
    def answers(self) -> tuple[str, ...]:
        """What may be stored: ``bolig:leilighet``."""
        return tuple(f"{self.id}:{option.code}" for option in self.options)


class UnevenLanguages(ValueError):
    """A language has other questions or options than the one that comes first."""


def read_lines(lines_by_language: Mapping[str, str], before: Sequence[OwnQuestion]) -> list[dict[str, object]]:
    """Questions as written in each language; raises UnevenLanguages.

    A question or option with the same words as before keeps its code, so that earlier answers still belong to it.
    """
    blocks = {code: _blocks(text) for code, text in lines_by_language.items() if text.strip()}
    shapes = {tuple(len(options) for _, options in each) for each in blocks.values()}
    if len(shapes) > 1:
        raise UnevenLanguages
    ids = {text: question.id for question in before for text in question.text.values()}
    codes = {
        (question.id, text): option.code
        for question in before
        for option in question.options
        for text in option.text.values()
    }
    questions: list[dict[str, object]] = []
    for together in zip(*blocks.values(), strict=True):
        texts = {code: text for code, (text, _) in zip(blocks, together, strict=True)}
        id_ = _code(texts, ids)
        codes_of = {text: code for (question, text), code in codes.items() if question == id_}
        options = []
        for each in zip(*(texts_written for _, texts_written in together), strict=True):
            by_language = dict(zip(blocks, each, strict=True))
            options.append({"code": _code(by_language, codes_of), "text": by_language})
        questions.append({"id": id_, "text": texts, "options": options})
    return questions


def written_lines(questions: Sequence[OwnQuestion], language: str) -> str:
    """The questions as lines in one language; what is not said in it is left out."""
    blocks = []
    for question in questions:
        if language in question.text:
            options = [f"- {option.text[language]}" for option in question.options if language in option.text]
            blocks.append("\n".join([question.text[language], *options]))
    return "\n\n".join(blocks)


def _blocks(text: str) -> list[tuple[str, list[str]]]:
    blocks: list[tuple[str, list[str]]] = []
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("-") and blocks:
            blocks[-1][1].append(line.removeprefix("-").strip())
        elif line:
            blocks.append((line, []))
    return blocks


def _code(texts: Mapping[str, str], codes: Mapping[str, str]) -> str:
    known_code = next((codes[text] for text in texts.values() if text in codes), None)
    return known_code or slug_words(next(iter(texts.values())), _LONGEST_CODE, "svar")
