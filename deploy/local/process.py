"""One child process: started with its own log, stopped with it, never left behind."""

import ctypes
import json
import os
import pwd
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from deploy.local.errors import StackError

_PR_SET_PDEATHSIG = 1
#: What a part writes (Kafka's records and logs hold people) is for its owner alone.
OWNER_ONLY = 0o077
#: So is what the launcher writes; but Postgres, which runs as another user where root starts it, must pass its folders.
_PASSING = 0o066


def identity_of(user: str | None) -> dict[str, object]:
    """What a child process is started with to run as ``user``; nothing for our own."""
    return {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def write_for_owner(file: Path, content: object) -> None:
    """Write JSON that nobody else may read; aside and renamed, so that no half file is left behind."""
    draft = file.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(content, out, indent=1)
    draft.replace(file)


@contextmanager
def for_owner_only() -> Iterator[None]:
    """Files made meanwhile are for their owner alone, and folders are not listed by others."""
    before = os.umask(_PASSING)
    try:
        yield
    finally:
        os.umask(before)


@dataclass
class Process:
    """A command that should be running."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    """Run as this user; only root may ask for one."""
    folder: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 15.0
    _child: "subprocess.Popen[bytes] | None" = None

    def spawn(self) -> None:
        """Start it; to be called from the main thread, because the child ends when the thread that made it ends."""
        with open(self.log, "ab", opener=lambda name, flags: os.open(name, flags, 0o600)) as log:
            self._child = subprocess.Popen(  # type: ignore[call-overload]
                list(self.command),
                env={**self.environment} if self.environment else None,
                cwd=self.folder or "/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A Ctrl-C in the terminal reaches the supervisor only, which stops the parts in order.
                start_new_session=True,
                umask=OWNER_ONLY,
                preexec_fn=_end_with_parent(),
                **identity_of(self.user),
            )

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    @property
    def exit_code(self) -> int | None:
        """How it ended, None while it runs or before the first start."""
        return self._child.poll() if self._child is not None else None

    def stop(self) -> None:
        """Ask it to stop, insist after ``stop_seconds``."""
        if self._child is None or self._child.poll() is not None:
            return
        self._child.send_signal(self.stop_signal)
        try:
            self._child.wait(self.stop_seconds)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def kill(self) -> None:
        """End it at once, as a crash does."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def last_words(self) -> str:
        """The last line of its log."""
        return last_words(self.log)


def last_words(log: Path) -> str:
    """The last line of a log."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except FileNotFoundError:
        lines = []
    return lines[-1][:300] if lines else "no output"


def _end_with_parent() -> Callable[[], None] | None:
    """On Linux, have the kernel end the child when the launcher dies without stopping it."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    return ask_kernel


#: Share of a core that tells a part at work from one that waits for something that never comes.
_AT_WORK = 0.03


def _work_of(processes: Sequence[Process]) -> float:
    """Seconds of processor time the processes have used, and on Linux those for which they stood in line for it."""
    seconds = 0.0
    for process in processes:
        if process.pid is None:
            continue
        with suppress(psutil.Error):
            times = psutil.Process(process.pid).cpu_times()
            seconds += times.user + times.system
        # A starving machine gives a part next to nothing for minutes, however much there is to do.
        for waits in Path(f"/proc/{process.pid}/task").glob("*/schedstat"):
            with suppress(OSError):
                seconds += int(waits.read_text().split()[1]) / 1e9
    return seconds


def wait_until(ready: Callable[[], bool], processes: Sequence[Process], what: str, seconds: float) -> None:
    """Poll ``ready``; StackError when one of the processes ends first, or does nothing for so many ``seconds``.

    On a busy machine a part that works on is waited for, and a line says so.
    """
    began = time.monotonic()
    deadline, worked = began + seconds, _work_of(processes)
    while not ready():
        for process in processes:
            if process.exit_code is not None:
                raise StackError(f"{what} ended at once: {process.last_words()} (log: {process.log})")
        if time.monotonic() > deadline:
            work = _work_of(processes) - worked
            if work > seconds * _AT_WORK:
                print(f"{what}: still starting after {time.monotonic() - began:.0f} s, and waited for", flush=True)
                deadline, worked = time.monotonic() + seconds, worked + work
                continue
            log = f" (log: {processes[0].log})" if processes else ""
            raise StackError(f"{what} was not ready within {seconds:.0f} s{log}.")
        time.sleep(0.05)


def listens(port: int) -> bool:
    """Whether something answers on the loopback port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5):
            return True
    except OSError:
        return False


def free_ports(count: int) -> list[int]:
    """Loopback ports nobody uses now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def free_base(count: int = 20) -> int:
    """The first of ``count`` neighbouring loopback ports nobody uses now.

    Below the ports that systems give to outgoing connections, any of which could take a neighbour at any moment.
    """
    for base in random.sample(range(12_000, 32_000, count), 200):
        with ExitStack() as stack:
            try:
                for port in range(base, base + count):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return base
    raise StackError(f"No {count} neighbouring ports below 32000 are free.")


def require_free(ports: Mapping[str, int]) -> None:
    """StackError that names the taken port and the way out."""
    for name, port in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                raise StackError(
                    f"Port {port} ({name}) is taken: stop what uses it, or set PANEL_PORT_BASE to another number."
                ) from None


def unprivileged_user() -> str | None:
    """The user for a server that refuses to run as root; None when the launcher is not root."""
    return "nobody" if os.geteuid() == 0 else None
