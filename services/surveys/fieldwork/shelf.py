"""The questionnaires that are shipped with the service, by id; staff choose one when they plan a survey."""

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml


@dataclass(frozen=True)
class Shipped:
    """A questionnaire file's content and the parts staff pages show."""

    id: str
    version: int
    content: dict[str, Any]

    @property
    def title(self) -> str:
        """The topic in Bokmål."""
        return text_of(self.content["title"])

    @property
    def questions(self) -> int:
        """Number of questions on all pages, conditional ones included."""
        return sum(len(page.get("questions", ())) for page in self.content.get("pages", ()))


def text_of(texts: Any, lang: str = "nb") -> str:
    """A text given per language (or once for all), in ``lang`` or else Bokmål."""
    if isinstance(texts, dict):
        return str(texts.get(lang) or texts.get("nb") or "")
    return str(texts or "")


@lru_cache(maxsize=1)
def shipped() -> dict[str, Shipped]:
    """Questionnaires by id; raises KeyError or ValueError for a file without id, whole-number version or title."""
    found: dict[str, Shipped] = {}
    folder = resources.files("services.surveys") / "questionnaires"
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".yaml"):
            continue
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        one = Shipped(str(content["id"]), int(content["version"]), content)
        if not one.title or one.id in found:
            raise ValueError(f"{file.name} has no title in Bokmål, or an id used before")
        found[one.id] = one
    return found
