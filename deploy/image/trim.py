"""Removes what the running system never opens from installed packages: ``python trim.py SITE-PACKAGES``, in the build.

Texts of languages that no page speaks, tests, sources of compiled modules and type stubs: a third of the packages.
"""

import shutil
import sys
from pathlib import Path

#: Languages of pages, and what they rest on.
_LOCALES = ("root", "no", "nb", "nb_NO", "nn", "nn_NO", "en", "en_001", "en_150", "en_GB", "en_US")
_SOURCES = {".pyi", ".pyx", ".pxd", ".pxi", ".c", ".h", ".a", ".lib"}
#: Colours for a terminal nobody sits at; typer and structlog do without, and every process is 5 MB smaller.
_PACKAGES = ("rich", "pygments")
_FOLDERS = {"tests", "f2py", "include"}


def trim(packages: Path) -> None:
    """Remove from ``packages`` in place."""
    for file in (packages / "babel" / "locale-data").glob("*.dat"):
        if file.stem not in _LOCALES:
            file.unlink()
    for name in _PACKAGES:
        shutil.rmtree(packages / name, ignore_errors=True)
    for path in sorted(packages.rglob("*"), reverse=True):
        if path.is_dir() and path.name in _FOLDERS:
            shutil.rmtree(path)
        elif path.is_file() and path.suffix in _SOURCES:
            path.unlink()


if __name__ == "__main__":
    trim(Path(sys.argv[1]))
