"""A profile as a folder: ``profile.yaml``, ``logo.svg``, and ``texts/<page>.<language>.md``."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from shared.profile.model import SPOKEN, TEXT_PAGES, Profile

#: Profiles that ship with the system: a starting point for every municipality, and Bærum's as an example.
SHIPPED = Path(__file__).parent / "shipped"
_NEUTRAL = SHIPPED / "neutral"

#: What an entry must be, where pydantic says it to programmers.
_WORDS = {
    "string_type": 'it must be text; digits and colours stand in quotes, as "0301" and "#1f5c53"',
    "extra_forbidden": "there is no such entry",
}


class BadProfile(ValueError):
    """The folder holds no profile; the text names the file, the entry and what it must be, in one line."""


def load_profile(folder: Path) -> Profile:
    """The profile in ``folder``, with the neutral texts where it has none of its own. Raises BadProfile."""
    file = folder / "profile.yaml"
    try:
        content = yaml.safe_load(_read(file))
    except yaml.YAMLError as error:
        raise BadProfile(f"{file} is no YAML ({' '.join(str(error).split())})") from None
    if not isinstance(content, dict):
        raise BadProfile(f"{file} must hold entries such as number and name")
    texts = {page: _texts(_NEUTRAL, page) | _texts(folder, page) for page in TEXT_PAGES}
    _nothing_misnamed(folder / "texts")
    try:
        return Profile.model_validate(content | {"texts": texts} | _logo(folder))
    except ValidationError as problems:
        first = problems.errors(include_input=False)[0]
        entry = ".".join(map(str, first["loc"])) or "profile"
        words = _WORDS.get(first["type"]) or first["msg"].removeprefix("Value error, ")
        raise BadProfile(f"{file}: {entry}: {words}") from None


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise BadProfile(f"{file} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise BadProfile(f"{file} is no text in UTF-8: save it as that") from None


def _texts(folder: Path, page: str) -> dict[str, str]:
    files = {code: folder / "texts" / f"{page}.{code}.md" for code in SPOKEN}
    return {code: _read(file) for code, file in files.items() if file.exists()}


def _nothing_misnamed(folder: Path) -> None:
    known = {f"{page}.{code}.md" for page in TEXT_PAGES for code in SPOKEN}
    if other := sorted(file.name for file in folder.glob("*.md") if file.name not in known):
        pages, codes = ", ".join(TEXT_PAGES), ", ".join(SPOKEN)
        raise BadProfile(
            f"{folder / other[0]} would show nowhere: name it <page>.<language>.md, of {pages} and {codes}"
        )


def _logo(folder: Path) -> dict[str, str]:
    file = folder / "logo.svg"
    return {"logo": _read(file)} if file.exists() else {}
