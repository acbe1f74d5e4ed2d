"""``python -m services.meetings.draw POOL.csv QUOTAS.csv K --json OUT``: the fairest lottery for a pool.

OUT has ``probabilities`` (id, probability), ``panels`` (seats per type, weight; weights add up to ``tickets``) and
``certificate``. Exit 0; 2 for faults of the files; 3 when the quotas cannot be kept, with the smallest relaxations.
"""

import argparse
import json
import sys
from pathlib import Path

from services.meetings.draw.files import Faulty, read
from services.meetings.draw.model import TICKETS, Infeasible
from services.meetings.draw.solving import solve


def main(arguments: list[str]) -> int:
    """Faults and relaxations go to standard error, a line each."""
    asked = argparse.ArgumentParser(prog="python -m services.meetings.draw", description=__doc__)
    asked.add_argument("pool", type=Path, metavar="POOL.csv", help="id and one column per feature")
    asked.add_argument("quotas", type=Path, metavar="QUOTAS.csv", help="feature,value,min,max")
    asked.add_argument("seats", type=int, metavar="K", help="seats of a panel")
    asked.add_argument("--json", type=Path, required=True, metavar="OUT", help="where the result is written")
    asked.add_argument("--tickets", type=int, default=TICKETS, help="1000 for three ten-sided dice")
    given = asked.parse_args(arguments)
    if given.tickets < 1:
        return _told([f"Antall lodd må være minst 1, ikke {given.tickets}."], 2)
    try:
        found = read(given.pool, given.quotas, given.seats)
        drawn = solve(found.pool, found.quotas, given.seats, tickets=given.tickets)
    except Faulty as faulty:
        return _told(faulty.lines, 2)
    except Infeasible as infeasible:
        advice = [str(each) for each in infeasible.relaxations]
        ahead = ["Minste endring som gjør trekningen mulig:"] if advice else ["Ingen endring av kvoter over 0 hjelper."]
        return _told([*infeasible.conflicts, *ahead, *advice], 3)
    document = {
        "probabilities": [{"id": who, "probability": drawn.probabilities[kind]} for who, kind in found.people],
        "features": list(found.pool.features),
        "panels": [
            {"weight": panel.tickets, "seats": [{"type": list(kind), "seats": n} for kind, n in panel.seats.items()]}
            for panel in drawn.panels
        ],
        "tickets": drawn.tickets,
        "certificate": drawn.certificate,
        "rounding": drawn.rounding,
        "excluded": [list(kind) for kind in drawn.excluded],
    }
    try:
        given.json.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as fault:
        return _told([f"{given.json}: kan ikke skrives ({fault.strerror})."], 2)
    for kind in drawn.excluded:
        named = ", ".join(f"{name} «{value}»" for name, value in zip(found.pool.features, kind, strict=True))
        _told([f"{found.pool.counts[kind]} med {named} kan ikke være med i noe utvalg som holder kvotene."], 0)
    return 0


def _told(lines: list[str], code: int) -> int:
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
