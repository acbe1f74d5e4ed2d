"""The guide: what each staff route is for, and how a page is used; ``guide.md`` of the shell and of a service."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup
from starlette.routing import BaseRoute, Route

from shared.web.markdown import to_html

_SECTION = re.compile(r"^## (GET|POST) (\S+)\n(.+)\n", re.MULTILINE)
_SHELL = Path(__file__).parent / "guide.md"

Guide = Mapping[tuple[str, str], "Entry"]


@dataclass(frozen=True)
class Entry:
    """One route."""

    words: str
    """What it lets somebody do, as an infinitive: ``Se listen over medlemmer``."""
    steps: Markup
    """How the page is used; empty for what is no page."""


def read_guide(service: str, folder: Path) -> Guide:
    """(method, path as the route has it) -> its entry, of the service and of the pages every service has."""
    text = _SHELL.read_text(encoding="utf-8").replace("{service}", service)
    own = folder / "guide.md"
    if own.exists():
        text += "\n" + own.read_text(encoding="utf-8")
    sections = list(_SECTION.finditer(text))
    ends = [section.start() for section in sections[1:]] + [len(text)]
    return {
        (section[1], section[2]): Entry(section[3], to_html(text[section.end() : end]))
        for section, end in zip(sections, ends, strict=True)
    }


def steps_by_page(routes: Sequence[BaseRoute], guide: Guide) -> Mapping[object, Markup]:
    """Page function -> how its page is used, also for the answer to a form that has faults."""
    return {
        route.endpoint: guide["GET", route.path].steps
        for route in routes
        if isinstance(route, Route) and ("GET", route.path) in guide
    }
