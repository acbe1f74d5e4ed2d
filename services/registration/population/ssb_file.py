"""A file of Statistics Norway's table 07459 as people download it: persons by region, sex and single year of age.

Its three CSV forms are read: texts with a column for each year, one line per figure with texts, and the same with
codes; with or without the table's title above and notes below, whatever the separator.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO

from services.registration.csv_file import UnreadableFile, decoded
from shared.slugs import slug

#: The last stands for itself and all older.
AGES = range(106)
_GENDERS = {"menn": "male", "males": "male", "1": "male", "kvinner": "female", "females": "female", "2": "female"}
_ALL = ("beggekjonn", "bothsexes", "0", "ialt", "allealdre", "allages", "999a", "total")
_WORDS = {"female": "kvinner", "male": "menn"}
_COLUMNS = {"kjonn": "sex", "sex": "sex", "alder": "age", "age": "age", "region": "region"}
_YEARS = ("ar", "tid", "year")
_CONTENTS = ("statistikkvariabel", "contents", "contentscode")
_OLDER = re.compile(r"\+$|(?:eller eldre|or older)$")
#: A file that ends lower says too little: the oldest band begins at 80.
_OPEN_FROM = 100
_HOW = "Last ned tabell 07459 fra SSB med region, kjønn og ettårig alder, som CSV."


@dataclass(frozen=True)
class Statistics:
    """Persons on 1 January of a year, by gender and age in years."""

    year: int
    persons: Mapping[tuple[str, int], int]

    @property
    def total(self) -> int:
        """Everybody."""
        return sum(self.persons.values())

    def of(self, gender: str) -> int:
        """Everybody of one gender."""
        return sum(count for (each, _), count in self.persons.items() if each == gender)


def read_statistics(raw: bytes, number: str, name: str) -> Statistics:
    """The newest figures of the municipality; raises UnreadableFile with the one thing to mend first.

    ``name`` (``Bærum kommune``) finds it in a file that has names alone.
    """
    table = _rows(decoded(raw))
    head, lines = table[0], table[1:]
    places = {_COLUMNS[word]: place for place, cell in enumerate(head) if (word := _word(cell)) in _COLUMNS}
    ours = [(cells, cells[places["region"]]) for cells in lines if len(cells) == len(head)]
    mine = [cells for cells, region in ours if _is(region, number, name)]
    if not mine:
        raise UnreadableFile(f"Filen har ingen tall for kommune {number}, {name}.")
    year, figures = _newest(head, mine, set(places.values()))
    persons: dict[tuple[str, int], int] = {}
    totals: dict[tuple[str | None, int | None], int] = {}
    for cells, figure in figures:
        gender, age, count = _gender(cells[places["sex"]]), _age(cells[places["age"]]), _count(figure)
        if gender is None or age is None:
            totals[gender, age] = count
        elif (gender, age) in persons:
            raise UnreadableFile(f"Filen har tall for {_WORDS[gender]} på {age} år to ganger.")
        else:
            persons[gender, age] = count
            if _OLDER.search(cells[places["age"]].strip()):
                # SSB's shorter list of ages ends at «100 år eller eldre».
                persons |= {(gender, above): 0 for above in AGES if above > age}
    return checked(year, persons, totals)


def checked(
    year: int, persons: Mapping[tuple[str, int], int], totals: Mapping[tuple[str | None, int | None], int] | None = None
) -> Statistics:
    """The figures, when nothing is missing and they add up to the file's own totals; else raises UnreadableFile."""
    for gender, word in _WORDS.items():
        missing = [age for age in AGES if (gender, age) not in persons]
        if len(missing) == len(AGES):
            raise UnreadableFile(f"Filen har ingen {word} etter alder. {_HOW}")
        if missing:
            raise UnreadableFile(f"Filen mangler {word} på {missing[0]} år. {_HOW}")
    for (only, at), total in (totals or {}).items():
        people = sum(n for (gender, age), n in persons.items() if only in (None, gender) and at in (None, age))
        if people != total:
            who = "i alt" if only is None else _WORDS[only]
            when = "" if at is None else f" på {at} år"
            raise UnreadableFile(f"Filen sier {total} {who}{when}, men tallene gir {people} til sammen.")
    if not sum(persons.values()):
        raise UnreadableFile("Filen har ingen innbyggere.")
    return Statistics(year, dict(persons))


def packed(statistics: Statistics) -> str:
    """The figures as one line, for a page that asks before they are used."""
    counts = (statistics.persons[gender, age] for gender in _WORDS for age in AGES)
    return f"{statistics.year} {' '.join(map(str, counts))}"


def unpacked(line: str) -> Statistics:
    """What ``packed`` wrote; raises UnreadableFile for anything else."""
    words = line.split()
    if len(words) != 1 + 2 * len(AGES) or not all(re.fullmatch(r"[0-9]{1,7}", word) for word in words):
        raise UnreadableFile("Velg filen på nytt.")
    cells = [(gender, age) for gender in _WORDS for age in AGES]
    return checked(int(words[0]), dict(zip(cells, map(int, words[1:]), strict=True)))


def _rows(text: str) -> list[list[str]]:
    """The rows from the heading on, which is the first with region, sex and age in it."""
    for delimiter in (";", ",", "\t"):
        try:
            rows = list(csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True))
        except csv.Error:
            continue
        for place, cells in enumerate(rows[:20]):
            if {_COLUMNS.get(_word(cell)) for cell in cells} >= {"region", "sex", "age"}:
                return rows[place:]
    raise UnreadableFile(f"Filen har ingen linje med region, kjønn og alder. {_HOW}")


def _newest(head: list[str], lines: list[list[str]], columns: set[int]) -> tuple[int, list[tuple[list[str], str]]]:
    """(year, (row, its figure) of each row) of the newest year."""
    by_column = next((place for place, cell in enumerate(head) if _word(cell) in _YEARS), None)
    rest = [
        place for place, cell in enumerate(head) if place not in columns | {by_column} and _word(cell) not in _CONTENTS
    ]
    if by_column is not None and len(rest) == 1:
        years = [int(cells[by_column]) for cells in lines if re.fullmatch(r"[0-9]{4}", cells[by_column].strip())]
        if years:
            rows = [(cells, cells[rest[0]]) for cells in lines if cells[by_column].strip() == str(max(years))]
            return max(years), rows
    named = {int(year[1]): place for place in rest if (year := re.search(r"\b([0-9]{4})$", head[place].strip()))}
    if by_column is not None or not named:
        raise UnreadableFile(f"Filen sier ikke hvilket år tallene gjelder. {_HOW}")
    return max(named), [(cells, cells[named[max(named)]]) for cells in lines]


def _word(cell: str) -> str:
    return slug(cell, separator="")


def _is(region: str, number: str, name: str) -> bool:
    code = re.match(r"(?:K-)?([0-9]{4})\b", region.strip())
    if code:
        return code[1] == number
    # Some have a Sámi or Kven name too, after the Norwegian one: «Oslo - Oslove».
    ours = re.sub(r"\s+kommune$", "", name, flags=re.IGNORECASE).casefold()
    return ours in (region.strip().casefold(), region.split(" - ")[0].strip().casefold())


def _gender(cell: str) -> str | None:
    word = _word(cell)
    if word in _ALL:
        return None
    if word not in _GENDERS:
        raise UnreadableFile(f"Kjønnet «{cell.strip()[:30]}» kjenner vi ikke. {_HOW}")
    return _GENDERS[word]


def _age(cell: str) -> int | None:
    if _word(cell) in _ALL and _word(cell) != "0":
        return None
    age = re.fullmatch(r"([0-9]{1,3})\+?(?:\s+(?:år|years?)(?:\s+(?:eller eldre|or older))?)?", cell.strip())
    ends = _OLDER.search(cell.strip()) is not None
    if age is None or int(age[1]) not in AGES or (ends and int(age[1]) < _OPEN_FROM):
        raise UnreadableFile(f"Alderen «{cell.strip()[:30]}» er ikke ett år. {_HOW}")
    return int(age[1])


def _count(cell: str) -> int:
    digits = re.sub(r"[\s\N{NO-BREAK SPACE}]", "", cell)
    if not re.fullmatch(r"[0-9]{1,7}", digits):
        raise UnreadableFile(f"«{cell.strip()[:30]}» er ikke et antall personer.")
    return int(digits)
