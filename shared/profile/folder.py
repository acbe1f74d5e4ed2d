"""A profile as a folder: ``profile.yaml``, ``logo.svg``, and ``texts/<page>.<language>.md``."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from shared.profile.model import SPOKEN, TEXT_PAGES, Profile

#: Profiles that ship with the system: a starting point for every municipality, and Bærum's as an example.
SHIPPED = Path(__file__).parent / "shipped"
_NEUTRAL = SHIPPED / "neutral"


class BadProfile(ValueError):
    """The folder holds no profile; the text names the file, the entry and what it must be, in one line."""


def load_profile(folder: Path) -> Profile:
    """The profile in ``folder``, with the neutral texts where it has none of its own. Raises BadProfile."""
    file = folder / "profile.yaml"
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadProfile(f"{file} cannot be read ({error.strerror})") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadProfile(f"{file} is no YAML in UTF-8 ({str(error).splitlines()[0]})") from None
    if not isinstance(content, dict):
        raise BadProfile(f"{file} must hold entries such as number and name")
    texts = {page: _texts(_NEUTRAL, page) | _texts(folder, page) for page in TEXT_PAGES}
    try:
        return Profile.model_validate(content | {"texts": texts} | _logo(folder))
    except ValidationError as problems:
        first = problems.errors(include_input=False)[0]
        entry = ".".join(map(str, first["loc"])) or "profile"
        raise BadProfile(f"{file}: {entry}: {first['msg'].removeprefix('Value error, ')}") from None


def _texts(folder: Path, page: str) -> dict[str, str]:
    files = {code: folder / "texts" / f"{page}.{code}.md" for code in SPOKEN}
    return {code: file.read_text(encoding="utf-8") for code, file in files.items() if file.exists()}


def _logo(folder: Path) -> dict[str, str]:
    file = folder / "logo.svg"
    return {"logo": file.read_text(encoding="utf-8")} if file.exists() else {}
