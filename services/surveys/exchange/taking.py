"""What reading a file of others gives: the questionnaire, and what did not fit."""

from dataclasses import dataclass, field

from services.surveys.editing.domain import Content

#: The longest survey found has 705 rows, and 1,292 with its repeats laid out. A file with more is no questionnaire.
MOST_ROWS = 2_000


@dataclass(frozen=True)
class Refused:
    """One row that was not taken."""

    sheet: str
    """The sheet of a workbook, or the group of questions."""
    row: int
    what: str
    reason: str


@dataclass
class Imported:
    """What a file gave."""

    content: Content
    taken: int = 0
    refusals: list[Refused] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    repeats: bool = False
    """Staff may choose how many times some questions are asked."""
