"""``make bench | python -m tests.bench.table``: the lines become the table of docs/speed.md, with machine and date."""

import json
import os
import platform
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

PAGE = Path(__file__).parents[2] / "docs" / "speed.md"
_TABLE = re.compile("(?<=<!-- measured -->\n).*?(?=<!-- /measured -->)", re.DOTALL)


def table(lines: Iterable[dict[str, Any]], machine: str) -> str:
    """Markdown: what was run where and when, and one row per line."""
    rows = ["| bench | value | floor | ratio | goal | met | rounds |", "|---|---|---|---|---|---|---|"]
    for line in lines:
        floor, ratio = (_number(line[name]) for name in ("floor", "ratio"))
        verdict = {True: "yes", False: "**no**", None: "–"}[line["met"]]
        value = f"{_number(line['value'])} {line['unit']}"
        rows.append(
            f"| {line['bench']} | {value} | {floor} | {ratio} | {line['goal'] or '–'} | {verdict} | {line['rounds']} |"
        )
    return f"{machine}\n\n" + "\n".join(rows) + "\n"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def machine() -> str:
    """This machine and day, and how busy it is now."""
    memory = psutil.virtual_memory().total // 2**30
    return (
        f"`make bench`, {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {memory} GiB, "
        f"CPython {platform.python_version()}, load average {os.getloadavg()[2]:.1f} over the last 15 minutes."
    )


def main() -> None:
    """Read lines from standard input and rewrite the page."""
    lines = [json.loads(line) for line in sys.stdin if line.startswith("{")]
    if not lines:
        sys.exit("error: no lines came in; use: make bench | python -m tests.bench.table")
    page = PAGE.read_text()
    PAGE.write_text(_TABLE.sub(lambda _: table(lines, machine()), page))


if __name__ == "__main__":
    main()
