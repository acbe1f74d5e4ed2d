"""``python -m services.surveys.questionnaire [FILE ...]``: check files; without files, print the JSON Schema."""

import json
import sys
from pathlib import Path

from services.surveys.questionnaire.shelf import BadQuestionnaire, read_questionnaire
from shared.events.questionnaire import json_schema


def schema_text() -> str:
    """The JSON Schema as it is stored in docs/contracts."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def check(file: Path) -> str | None:
    """What is wrong with the file, or None."""
    try:
        read_questionnaire(file.read_text(encoding="utf-8"), file.name)
    except BadQuestionnaire as error:
        return str(error)
    except OSError as error:
        return f"{file.name}: {error.strerror}"
    except UnicodeDecodeError:
        return f"{file.name}: the file is not UTF-8"
    return None


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.stdout.write(schema_text())
    else:
        wrong = [problem for name in sys.argv[1:] if (problem := check(Path(name)))]
        sys.exit("\n".join(wrong) or 0)
