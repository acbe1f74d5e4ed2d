"""Questionnaire files: reading one, and those shipped with the service, of which staff choose when they plan."""

from collections.abc import Hashable
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml
from pydantic import ValidationError

from services.surveys.questionnaire.model import Questionnaire


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
        return Questionnaire.model_validate(yaml.load(text, _Loader))  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise BadQuestionnaire(name, [f"no YAML: {' '.join(str(error).split())}"]) from error
    except ValidationError as failure:
        problems = [
            f"{place}: {sentence}" if (place := ".".join(str(step) for step in error["loc"])) else sentence
            for error in failure.errors()
            for sentence in error["msg"].removeprefix("Value error, ").split("\n")
        ]
        raise BadQuestionnaire(name, problems) from failure


@lru_cache(maxsize=1)
def shipped() -> dict[str, Questionnaire]:
    """Questionnaires by id; raises BadQuestionnaire, also for two files with one id."""
    found: dict[str, Questionnaire] = {}
    folder = resources.files("services.surveys") / "questionnaires"
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".yaml"):
            continue
        one = read_questionnaire(file.read_text(encoding="utf-8"), file.name)
        if one.id in found:
            raise BadQuestionnaire(file.name, [f"the id {one.id} is used by another file"])
        found[one.id] = one
    return found
