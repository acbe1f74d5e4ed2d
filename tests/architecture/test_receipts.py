"""Whoever saves a form of staff reads on the next page that it was saved."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Those that only look, and those whose next page is itself what was made, or says when it was saved.
SHOWN = {
    "attendance_form", "show_papers", "publish_result", "start_import", "begin_questionnaire", "import_questionnaire",
    "change_outline", "switch_sending",
}  # fmt: skip


def deeds() -> list[tuple[str, str]]:
    """(function, where it leads when all went well) of those that audit something and lead to another page."""
    found = []
    for file in sorted((ROOT / "services").rglob("*.py")):
        for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(function, ast.AsyncFunctionDef):
                calls = [each for each in ast.walk(function) if isinstance(each, ast.Call)]
                named = [each for each in calls if isinstance(each.func, ast.Name)]
                onward = [each for each in named if ast.unparse(each.func) == "see_other"]
                if onward and any(ast.unparse(each.func) == "audit" for each in named):
                    last = max(onward, key=lambda each: each.lineno)
                    found.append((function.name, ast.unparse(last.args[0])))
    return found


@pytest.mark.parametrize(("function", "onward"), deeds())
def test_the_next_page_is_told_what_to_say(function: str, onward: str) -> None:
    assert function in SHOWN or any(word in onward for word in ("saved", "done=", "said=", "closed="))
