"""Which Chromium the tests use; ``python -m deploy.local.browser`` prints it, or fails with one line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.local.errors import StackError

#: Started so that it talks to nobody but the pages it is sent to.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def chromium() -> str:
    """Path of a Chromium that starts: PANEL_CHROMIUM, the machine's own, else playwright's. StackError without one."""
    _require_driver()
    own = (os.environ.get("PANEL_CHROMIUM") or None, *map(shutil.which, _NAMES))
    for path in (*own, _playwrights()):
        if path is not None and _starts(path):
            return path
    raise StackError(
        "No Chromium starts here: run `make install-test` as root, install chromium, or name one with PANEL_CHROMIUM."
    )


def _require_driver() -> None:
    """StackError when playwright itself cannot start: the program in its wheel needs a library a bare Debian lacks."""
    command = [sys.executable, "-m", "playwright", "--version"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if result.returncode != 0:
        words = " ".join(result.stderr.strip().splitlines()[-1:]) or f"exit code {result.returncode}"
        raise StackError(f"Playwright does not start ({words}): install the package libatomic1 and try again.")


def _playwrights() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    shells = sorted(path.parents[2].glob("chromium_headless_shell-*/*/*headless*shell"))
    return str(shells[-1]) if shells else (str(path) if path.exists() else None)


def _starts(path: str) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


if __name__ == "__main__":
    try:
        print(chromium())
    except StackError as problem:
        sys.exit(f"error: {problem}")
