"""What an operator must change is one line that says what and where, and the exit code 1."""

import re
import sys
from collections.abc import Callable

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

from shared.refusal import Refusal


def refusing_in_one_line(run: Callable[[], object]) -> None:
    """Run a command of ours."""
    try:
        run()
    except Refusal as refusal:
        sys.exit(f"error: {refusal}")
    except (ValidationError, SettingsError) as problem:
        sys.exit(f"error: {wrong_setting(problem)}")


def wrong_setting(problem: ValidationError | SettingsError) -> str:
    """The variable and what it must be."""
    if isinstance(problem, SettingsError):
        field = re.search(r'field "(\w+)"', str(problem))
        return f'PANEL_{field[1].upper() if field else "…"}: it must be JSON, a list say ["a", "b"]'
    error = problem.errors(include_input=False, include_url=False)[0]
    prefix = {each.__name__: each.model_config.get("env_prefix") for each in BaseSettings.__subclasses__()}
    name = str(error["loc"][0]).upper() if error["loc"] else ""
    if name and not name.startswith("PANEL_"):
        name = (prefix.get(problem.title) or "PANEL_") + name
    return f"{name}{': ' if name else ''}{error['msg'].removeprefix('Value error, ')}"
