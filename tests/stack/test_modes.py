"""What the local stack writes is for its owner alone: Kafka's records, logs and Postgres' files hold people."""

import os
import stat
from pathlib import Path

from deploy.local.process import for_owner_only
from deploy.local.servers import Backends

#: A certificate that says who signed the others, made to be shown.
_PUBLIC = {"ca.crt"}


def readable_by_others(state: Path) -> list[str]:
    """Files and folders below ``state`` that their group or anybody may read or write; a folder may be passed."""
    modes = []
    for folder, folders, files in os.walk(state):
        for name in (*folders, *files):
            path = Path(folder, name)
            mode = path.lstat().st_mode
            open_to = 0 if stat.S_ISLNK(mode) or stat.S_ISSOCK(mode) else mode & 0o066
            if open_to and name not in _PUBLIC:
                modes.append(f"{path.relative_to(state)} {stat.filemode(mode)}")
    return modes


def test_nothing_that_the_servers_wrote_can_be_read_by_others(own_state: Path, own_backends: Backends) -> None:
    assert (own_state / "kafka" / "data" / "meta.properties").exists()
    assert readable_by_others(own_state) == []


def test_what_the_launcher_writes_is_not_either(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with for_owner_only():
            (tmp_path / "logs").mkdir()
            (tmp_path / "logs" / "migrate.log").touch()
        (tmp_path / "after").touch()
    finally:
        os.umask(before)
    assert [other.partition(" ")[0] for other in readable_by_others(tmp_path)] == ["after"]
