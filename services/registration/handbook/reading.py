"""The handbook's pages: Markdown files beside this one, each with a heading, one picture and a text."""

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from markupsafe import Markup

from shared.web.markdown import to_html

_PAGE = re.compile(
    r"# (?P<title>.+?)\n\n!\[(?P<shows>[^]]+)\]\(pictures/(?P<picture>[a-z-]+)\.jpg\)\n\n(?P<text>.+)", re.DOTALL
)


@dataclass(frozen=True)
class HandbookPage:
    """One page."""

    number: int
    name: str
    """What stands in its address."""
    title: str
    picture: str
    """Name of a picture of the demo."""
    shows: str
    text: Markup

    @property
    def pictured(self) -> bool:
        """Whether ``make pictures`` has made the picture."""
        return picture(self.picture) is not None


@lru_cache(maxsize=1)
def handbook() -> tuple[HandbookPage, ...]:
    """Every page, in order."""
    folder = resources.files("services.registration.handbook")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".md"))
    return tuple(_read(name, folder.joinpath(name).read_text(encoding="utf-8")) for name in names)


def _read(name: str, text: str) -> HandbookPage:
    page = _PAGE.fullmatch(text)
    assert page is not None, name
    return HandbookPage(int(name[:2]), name[3:-3], page["title"], page["picture"], page["shows"], to_html(page["text"]))


def picture(name: str) -> bytes | None:
    """A picture of the handbook as JPEG; None for a name no page has."""
    if name not in {page.picture for page in handbook()}:
        return None
    file = resources.files("services.registration.handbook").joinpath("pictures", f"{name}.jpg")
    return file.read_bytes() if file.is_file() else None
