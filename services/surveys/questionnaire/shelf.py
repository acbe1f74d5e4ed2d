"""Questionnaire files: reading one, and those on the shelf, of which staff choose when they plan."""

from collections.abc import Hashable
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from shared.events.questionnaire import KINDS, Questionnaire, RulesBroken, strict
from shared.refusal import Refusal
from shared.settings import Settings


class BadQuestionnaire(ValueError):
    """A file is no questionnaire; ``problems`` holds a sentence for each thing to mend."""

    def __init__(self, name: str, problems: list[str]) -> None:
        super().__init__("\n".join(f"{name}: {problem}" for problem in problems))
        self.problems = problems


class _Loader(yaml.SafeLoader):
    """YAML in which a key given twice is an error: otherwise the first of two texts would vanish without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key} is given twice", node.start_mark)
        return super().construct_mapping(node, deep)


def read_questionnaire(text: str, name: str) -> Questionnaire:
    """The questionnaire in a file's text (YAML or JSON); raises BadQuestionnaire."""
    try:
        content = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise BadQuestionnaire(name, [f"no YAML: {_in_words(error)}"]) from error
    if not isinstance(content, dict):
        raise BadQuestionnaire(name, ["the file holds no questionnaire: it must begin with id, version and title"])
    try:
        return strict(content)
    except RulesBroken as broken:
        raise BadQuestionnaire(name, broken.problems) from broken
    except ValidationError as failure:
        errors = failure.errors()
        inside = {error["loc"][:depth] for error in errors for depth in range(len(error["loc"]))}
        problems = [
            f"{place}: {sentence}" if (place := _place(error["loc"], content)) else sentence
            for error in errors
            # A list that lost its wrong parts is not too short as well.
            if error["type"] != "too_short" or error["loc"] not in inside
            for sentence in _sentences(error)
        ]
        raise BadQuestionnaire(name, problems) from failure


def _in_words(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return where + (getattr(error, "problem", None) or " ".join(str(error).split()))


def _place(steps: tuple[int | str, ...], content: Any) -> str:
    """``question lest: option alt: text.nb``: the ids a writer knows, not places in lists."""
    named: list[str] = []
    rest: list[str] = []
    here = content
    for step in steps:
        if isinstance(step, str) and step in (*KINDS, "unknown"):
            continue  # which kind of question it is read as, no part of the file
        here = here[step] if _holds(here, step) else None
        if isinstance(step, int):
            id_ = next((here[key] for key in ("id", "code") if isinstance(here, dict) and key in here), step + 1)
            part = str(rest.pop()).removesuffix("s") if rest else "part"
            named.append(f"{part} {id_}")
        else:
            rest.append(step)
    # A question's place says enough without its page.
    return ": ".join([*named[1 if len(named) > 1 else 0 :], *([".".join(rest)] if rest else [])])


def _holds(here: Any, step: int | str) -> bool:
    if isinstance(here, dict):
        return step in here
    return isinstance(here, list) and isinstance(step, int) and step < len(here)


def _sentences(error: Any) -> list[str]:
    """What is wrong in a sentence or more."""
    if error["type"] == "too_short":
        limits = error["ctx"]
        return [f"needs at least {limits['min_length']}, and there is {limits['actual_length']}"]
    if isinstance(error["input"], bool):
        return [f"{str(error['input']).lower()} is no text: put yes, no, on and off in quotation marks"]
    return error["msg"].removeprefix("Value error, ").split("\n")  # type: ignore[no-any-return]


@lru_cache(maxsize=1)
def shipped() -> dict[str, Questionnaire]:
    """What every installation has, by id; raises BadQuestionnaire."""
    return _read_folder(resources.files("services.surveys") / "questionnaires")


def shelf(settings: Settings) -> dict[str, Questionnaire]:
    """What this installation has, by id: the shipped ones, and the municipality's own in its profile's folder."""
    return shipped() | _profiles(settings.profile_folder)


def refuse_bad_shelf(settings: Settings) -> None:
    """Raises Refusal for a file of the municipality's that is no questionnaire."""
    try:
        shelf(settings)
    except BadQuestionnaire as error:
        first = str(error).splitlines()[0]
        raise Refusal(f"PANEL_PROFILE: {settings.profile_folder / 'questionnaires'}: {first}") from None


@lru_cache(maxsize=8)
def _profiles(folder: Path) -> dict[str, Questionnaire]:
    own = folder / "questionnaires"
    by_id = _read_folder(own) if own.is_dir() else {}
    for id_ in by_id.keys() & shipped().keys():
        raise BadQuestionnaire(f"{id_}.yaml", [f"the id {id_} is used by a questionnaire that ships"])
    return by_id


def _read_folder(folder: Traversable) -> dict[str, Questionnaire]:
    """Questionnaires by id; raises BadQuestionnaire, also for two files with one id."""
    by_id: dict[str, Questionnaire] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".yaml"):
            continue
        questionnaire = read_questionnaire(file.read_text(encoding="utf-8"), file.name)
        if questionnaire.id in by_id:
            raise BadQuestionnaire(file.name, [f"the id {questionnaire.id} is used by another file"])
        by_id[questionnaire.id] = questionnaire
    return by_id
