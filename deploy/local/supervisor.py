"""Keeps the stack's processes running, says what happens to them, and stops them in order."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.process import Process, write_for_owner

_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 10.0
#: A process that has lived this long has recovered: its next death is a first one again.
_RECOVERED = 30.0
_LOOK_EVERY = 0.1


@dataclass
class _Watch:
    process: Process
    addresses: dict[str, str]
    restarts: int = 0
    pause: float = _FIRST_PAUSE
    started_at: float = field(default_factory=time.monotonic)
    due_at: float | None = None
    """When the dead process is started again."""


class Supervisor:
    """Processes in the order they started; restarted with back-off when they die."""

    def __init__(self, status_file: Path, say: Callable[[str], None]) -> None:
        self._watches: list[_Watch] = []
        self._status_file = status_file
        self._say = say
        self.about: dict[str, object] = {}
        """What else status.json says: addresses and credentials for tests and the demo."""

    @property
    def processes(self) -> list[Process]:
        """Everything it looks after."""
        return [watch.process for watch in self._watches]

    def start(self, process: Process, **addresses: str) -> None:
        """Start a process and keep it running from now on."""
        process.spawn()
        self._watches.append(_Watch(process, addresses))

    def watch(self, ended: Callable[[], bool]) -> None:
        """Until ``ended``: start again whatever dies."""
        self.write_status()
        while not ended():
            changes = [self._look_after(watch) for watch in self._watches]
            if any(changes):
                self.write_status()
            time.sleep(_LOOK_EVERY)

    def stop(self) -> None:
        """Stop all, last started first."""
        for watch in reversed(self._watches):
            watch.process.stop()
        self._watches.clear()
        self._status_file.unlink(missing_ok=True)

    def write_status(self) -> None:
        """Write status.json: pid, addresses, log and restarts of each part; readable by the owner only."""
        parts = {
            watch.process.name: {
                "pid": watch.process.pid,
                "log": str(watch.process.log),
                "restarts": watch.restarts,
                **watch.addresses,
            }
            for watch in self._watches
        }
        write_for_owner(self._status_file, {"launcher": os.getpid(), "parts": parts, **self.about})

    def _look_after(self, watch: _Watch) -> bool:
        now = time.monotonic()
        if watch.process.exit_code is None:
            if now - watch.started_at > _RECOVERED:
                watch.pause = _FIRST_PAUSE
            return False
        if watch.due_at is None:
            watch.due_at = now + watch.pause
            self._say(
                f"{watch.process.name} died ({_how(watch.process.exit_code)}); starting it again in {watch.pause:g} s. "
                f"Last words: {watch.process.last_words()}"
            )
            watch.pause = min(watch.pause * 2, _LONGEST_PAUSE)
            return True
        if now < watch.due_at:
            return False
        watch.process.spawn()
        watch.restarts, watch.started_at, watch.due_at = watch.restarts + 1, now, None
        self._say(f"{watch.process.name} runs again (pid {watch.process.pid}).")
        return True


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
