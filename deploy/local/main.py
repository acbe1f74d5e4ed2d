"""``make up``: the whole system on this machine, until Ctrl-C."""

import fcntl
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from deploy.local.downloads import ROOT
from deploy.local.errors import StackError
from deploy.local.process import for_owner_only
from deploy.local.stack import Stack
from shared.refusal import Refusal


class Stopped(BaseException):
    """Ctrl-C or SIGTERM while the stack starts."""


def say(line: str) -> None:
    """One line for the person in front of the terminal."""
    print(f"{time.strftime('%H:%M:%S')}  {line}", flush=True)


def main(make_stack: Callable[[Path, Callable[[str], None]], Stack] = Stack) -> int:
    """Start, print the addresses, keep running; exit code 1 with one line when it cannot start."""
    state = Path(os.environ.get("PANEL_STATE") or ROOT / ".panel").absolute()
    signals: list[int] = []
    starting = True

    def ask(number: int, _: FrameType | None) -> None:
        signals.append(number)
        if starting and len(signals) == 1:
            raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    began = time.monotonic()
    try:
        with for_owner_only(), only_one(state):
            stack = make_stack(state, say)
            try:
                stack.start()
                starting = False
                say(f"Ready in {time.monotonic() - began:.1f} s. Ctrl-C stops.")
                print(stack.addresses(), flush=True)
                stack.supervisor.watch(lambda: bool(signals))
            except Stopped:
                pass
            finally:
                starting = False
                runs = bool(stack.supervisor.processes)
                if runs:
                    say("Stopping …")
                stack.supervisor.stop()
                if runs:
                    say("Stopped. The data stay in " + str(state))
    except Refusal as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return 1
    except Stopped:
        return 0
    return 0


@contextmanager
def only_one(state: Path) -> Iterator[None]:
    """One launcher per state folder; StackError for the second."""
    try:
        (state / "logs").mkdir(parents=True, exist_ok=True)
        lock = (state / "lock").open("w")
    except OSError as error:
        raise StackError(
            f"Cannot write in {state} ({error.strerror}): set PANEL_STATE to a folder of yours."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(
                f"A stack already runs on {state}: stop it, or set PANEL_STATE to another folder."
            ) from None
        yield


if __name__ == "__main__":
    sys.exit(main())
