"""The fairest lottery by size of pool and number of types; each case in a process of its own, for its memory."""

import asyncio
import json
import math
import resource
import statistics
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from services.meetings.draw.model import Pool, Quota
from services.meetings.draw.solving import solve
from tests.bench.measure import Line, bound, note, note_noise, tell

if TYPE_CHECKING:
    # It would be most of a case's memory.
    from tests.bench.ground import Ground

#: People, seats, values per feature. Of a small pool fewer types than the product of the values occur.
CASES = (
    (150, 22, (2, 6, 12)),
    (300, 45, (2, 6, 12)),
    (600, 90, (2, 6, 12)),
    (2_000, 100, (2, 6, 12)),
    (10_000, 100, (2, 6, 12)),
    (100_000, 100, (2, 6, 12)),
    (1_000_000, 100, (2, 6, 12)),
    (100_000, 100, (2, 6, 12, 3)),
    (100_000, 200, (2, 6, 12, 3, 2)),
)
#: Goals in seconds by people (144 types) and by types.
_SECONDS = {1_000_000: 13.0, 432: 60.0, 864: 600.0}
_USUAL_SECONDS = 10.0
_ROUNDS = 3


def skewed(people: int, seats: int, shape: tuple[int, ...]) -> tuple[Pool, list[Quota]]:
    """A pool that is not like the population, and quotas of the population's share rounded down and up; repeats."""
    random = np.random.default_rng(1)
    population = [random.dirichlet(np.full(values, 8.0)) for values in shape]
    names = tuple(f"feature {place}" for place in range(len(shape)))
    shares = []
    for share in population:
        likely = share * random.uniform(0.5, 1.5, len(share))
        shares.append(likely / likely.sum())
    columns = np.stack([random.choice(len(likely), people, p=likely) for likely in shares], axis=1)
    types, counts = np.unique(columns, axis=0, return_counts=True)
    quotas = [
        Quota(name, str(value), math.floor(seats * part), math.ceil(seats * part))
        for name, share in zip(names, population, strict=True) for value, part in enumerate(share)
    ]  # fmt: skip
    pool = {tuple(map(str, kind)): int(count) for kind, count in zip(types, counts, strict=True)}
    return Pool(names, pool), quotas


async def draws(ground: "Ground") -> None:
    """Processor seconds (goal), memory and smallest probability of each case, with the certificate (goal)."""
    for people, seats, shape in CASES:
        name = f"draw_{people}_{math.prod(shape)}"
        figures = []
        for _ in range(_ROUNDS if len(shape) == 3 else 1):
            await note_noise()
            command = (sys.executable, "-m", "tests.bench.draws", json.dumps([people, seats, shape]))
            run = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
            out, _ = await run.communicate()
            figures.append(json.loads(out))
        note(f"{name}: {figures[0]}")
        most = _SECONDS.get(people if len(shape) == 3 else math.prod(shape), _USUAL_SECONDS)
        bound(name, [figure["seconds"] for figure in figures], "processor s", most)
        bound(f"{name} memory", [figure["megabytes"] for figure in figures], "MB", 500.0)
        least = statistics.median(figure["least"] for figure in figures)
        bound(f"{name} certificate", [figure["certificate"] for figure in figures], "", 1e-6)
        tell(Line(f"{name} smallest probability", least, "", None, None, None, None, len(figures)))


def main() -> None:
    """One case, from the command line; its figures as JSON."""
    people, seats, shape = json.loads(sys.argv[1])
    pool, quotas = skewed(people, seats, tuple(shape))
    before = time.process_time()
    lottery = solve(pool, quotas, seats)
    figures = {
        "seconds": time.process_time() - before,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "least": min(lottery.best.values()),
        "certificate": lottery.certificate,
        "types": len(pool.counts),
        "panels": len(lottery.panels),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
