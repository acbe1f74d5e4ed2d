"""``python -m tests.bench [name …]``: JSON lines on standard output, progress on standard error.

Every floor is measured in the same run, in turns with the product. Keep the machine quiet while it runs.
"""

import asyncio
import logging
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog
import uvicorn

from deploy.local.backends import start_backends
from shared.process import spare_collector
from tests.bench.draws import draws
from tests.bench.events import consumer_rate, event_latency, relay_rate
from tests.bench.first_survey import first_survey
from tests.bench.ground import Ground
from tests.bench.mails import dispatch_rate, growth
from tests.bench.measure import note
from tests.bench.openings import openings
from tests.bench.pages import answer_posts, join_posts, mapped_posts

BENCHES: dict[str, Callable[[Ground], Awaitable[None]]] = {
    "mapped": mapped_posts,
    "join": join_posts,
    "answer": answer_posts,
    "latency": event_latency,
    "first_survey": first_survey,
    "relay": relay_rate,
    "consumer": consumer_rate,
    "dispatch": dispatch_rate,
    "growth": growth,
    "opening": openings,
    "draws": draws,
}


async def run(ground: Ground, names: list[str]) -> None:
    """The named benches, one after the other."""
    for name in names:
        note(name)
        await BENCHES[name](ground)


def main() -> int:
    """Exit code 2 for a name that is none; a goal that is not met is reported, not an error."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    names = sys.argv[1:] or list(BENCHES)
    if unknown := set(names) - BENCHES.keys():
        print(f"error: no bench {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="panel-bench-") as folder:
        # As root the database runs as another user, who must be able to pass through.
        Path(folder).chmod(0o755)
        backends = start_backends(Path(folder) / "backends")
        # As in a service's process.
        spare_collector()
        try:
            # The loop a service runs on.
            with asyncio.Runner(loop_factory=uvicorn.Config("").get_loop_factory()) as runner:
                runner.run(run(Ground(backends, Path(folder)), names))
        finally:
            backends.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
