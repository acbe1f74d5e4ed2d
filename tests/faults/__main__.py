"""``make faults``: kills and other faults against the real stack, judged from outside.

``KILLS=200`` is the total, spread over rounds and process types; a run that was interrupted goes on where it stopped.
``SEED`` starts the rounds' seeds, ``FAULTS_STATE`` is where everything is kept.
"""

import asyncio
import json
import os
import shutil
import sys
import time
from pathlib import Path

from deploy.local.downloads import ROOT
from tests.faults.round import Outcome, Round

_PER_ROUND = 25
_DEFAULT = 10


def say(text: str) -> None:
    """One line of progress."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def summary(rounds: list[Outcome]) -> dict[str, object]:
    """All rounds together."""
    kills: dict[str, int] = {}
    for outcome in rounds:
        for part, number in outcome.kills.items():
            kills[part] = kills.get(part, 0) + number
    broken = sorted({name for outcome in rounds for name, holds in outcome.holds.items() if not holds})
    return {
        "rounds": len(rounds),
        "kills": sum(kills.values()),
        "kills_by_part": kills,
        "other_faults": sum(sum(outcome.other_faults.values()) for outcome in rounds),
        "acknowledged": sum(number for o in rounds for what, number in o.acknowledged.items() if what != "tried_again"),
        "lost": sum(outcome.lost for outcome in rounds),
        "doubled": sum(outcome.doubled for outcome in rounds),
        "unknown": sum(outcome.unknown for outcome in rounds),
        "seconds_to_zero_lag": max((outcome.seconds_to_zero_lag for outcome in rounds), default=0.0),
        "broken": broken,
        "rounds_without_verdict": sum(not outcome.holds for outcome in rounds),
    }


def main() -> int:
    """Exit code 0 when every invariant held in every round."""
    total = int(os.environ.get("KILLS") or _DEFAULT)
    first_seed = int(os.environ.get("SEED") or time.time() // 1)
    base = int(os.environ.get("PANEL_PORT_BASE") or 8080) + 1000
    state = Path(os.environ.get("FAULTS_STATE") or ROOT / ".panel" / f"faults-{total}")
    state.mkdir(parents=True, exist_ok=True)
    journal = state / "rounds.jsonl"
    journal.touch()
    rounds = [Outcome(**json.loads(line)) for line in journal.read_text().splitlines()]
    while (count := sum(sum(outcome.kills.values()) for outcome in rounds)) < total:
        number = len(rounds) + 1
        kills = min(_PER_ROUND, total - count)
        seed = first_seed + number
        folder = state / f"round-{number}"
        shutil.rmtree(folder, ignore_errors=True)
        say(f"round {number}: {kills} kills (seed {seed}); {count} of {total} done")
        outcome = asyncio.run(Round(folder, base, seed, kills, say).play())
        rounds.append(outcome)
        with journal.open("a") as file:
            file.write(outcome.as_json() + "\n")
        for name, numbers in outcome.numbers.items():
            say(f"  {'holds ' if outcome.holds[name] else 'BROKEN'} {name}: {numbers}")
        if outcome.fine:
            shutil.rmtree(folder, ignore_errors=True)
    report = summary(rounds)
    print(json.dumps(report), flush=True)
    if all(outcome.fine for outcome in rounds):
        journal.unlink()
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
