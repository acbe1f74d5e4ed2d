"""Papers to print: the list at the door and name tags, as PDF by Typst; their words come in as data, never markup."""

import json
from collections.abc import Mapping, Sequence
from importlib import resources


def pdf(sheet: str, data: Mapping[str, object]) -> bytes:
    """The sheet ``door`` or ``tags`` of this package filled with ``data``; takes a few tenths of a second."""
    source = resources.files("services.meetings.seating").joinpath("sheets", f"{sheet}.typ").read_bytes()
    import typst

    return bytes(typst.compile(source, sys_inputs={"data": json.dumps(data, ensure_ascii=False)}))


def door_list(heading: str, when: str, place: str, rows: Sequence[tuple[str, ...]], rounds: int) -> bytes:
    """Codes with gender and age band, tables by round, and a box to tick."""
    return pdf("door", {"heading": heading, "when": when, "place": place, "rows": rows, "rounds": rounds})


def name_tags(heading: str, tags: Sequence[tuple[str, Sequence[int]]]) -> bytes:
    """A tag for each code with its tables, and a line on which the person writes the name to be called by."""
    return pdf("tags", {"heading": heading, "tags": [{"code": code, "tables": tables} for code, tables in tags]})
