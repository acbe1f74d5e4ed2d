"""``make mutants``: change one place of the product at a time, and see whether the closest tests notice.

It works in a copy of what is committed. Every line of output is JSON: a module's counts, then its survivors, each with
its change, to be judged one by one. Name modules with ``MODULES="..."``; a run over everything takes long.

Each mutant is tried in a process forked from one that has run the tests already: starting Python and its packages
anew would take most of the time.
"""

import contextlib
import difflib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.backends import start_backends
from deploy.local.downloads import ROOT

TREE = ROOT / ".cache" / "mutants-tree"
TOOL = ROOT / ".cache" / "mutants" / "bin" / "python"
#: Folders or files of the product, and the tests that are closest to them.
CLOSEST = {
    "shared/messaging/transient.py": "tests/shared/test_domain_transient.py",
    "shared/causes.py": "tests/shared/test_domain_transient.py",
    "shared/messaging/keeping.py": "tests/shared/test_keeping.py tests/shared/test_missing.py",
    "shared/messaging/*.py": "tests/shared",
    "shared/web/limits.py": "tests/web/test_limits.py tests/web/test_domain_networks.py",
    "shared/web/middleware.py": "tests/web/test_shell.py",
    "shared/tokens.py": "tests/web/test_domain_staff_session.py tests/registration tests/surveys",
    "services/*/sending/journaling.py": "tests/notifications",
    "services/notifications/messages/domain.py": "tests/notifications/test_domain.py",
    "services/notifications/sending/domain.py": "tests/notifications/test_domain.py",
    "services/notifications/letters/domain.py": "tests/notifications/test_domain.py",
    "services/notifications/refusals/domain.py": "tests/notifications/test_domain_reports.py",
    "services/surveys/editing/domain.py": "tests/surveys/test_domain_editing.py",
    "services/surveys/reminding/domain.py": "tests/surveys/test_domain_reminding.py",
    "services/surveys/steering/domain.py": "tests/surveys/test_domain_steering.py",
    "services/surveys/answering/domain.py": "tests/surveys/test_domain_answering.py",
    "services/surveys/fieldwork/domain.py": "tests/surveys/test_fieldwork_domain.py",
    "services/**/domain.py": "tests/{service}",
}
#: A mutant that takes so many times as long as no change, and so many seconds at least, counts as noticed: it runs for
#: ever.
_TIMES, _LEAST = 10, 10.0


def chosen() -> Iterator[tuple[str, str]]:
    """(module, tests) of what is asked for, all of it by default."""
    modules, names = os.environ.get("MODULES", "").split(), set[str]()
    for pattern, tests in CLOSEST.items():
        for file in sorted(TREE.glob(pattern)):
            name = str(file.relative_to(TREE))
            if file.name != "__init__.py" and name not in names and (not modules or name in modules):
                names.add(name)
                service = name.split("/")[1]
                fast = " ".join(str(path) for path in sorted(Path("tests", service).glob("test_domain*.py")))
                yield name, fast if "{service}" in tests and fast else tests.format(service=service)


def copy_tree() -> None:
    """A fresh copy of what is committed, with the installed packages beside it."""
    shutil.rmtree(TREE, ignore_errors=True)
    TREE.mkdir(parents=True)
    packed = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x"], cwd=TREE, check=True, input=packed)
    (TREE / ".cache").symlink_to(ROOT / ".cache")


def mutate(module: str, tests: list[str]) -> None:
    """Try every mutant of ``module`` and print what became of them."""
    file = TREE / module
    source = file.read_text(encoding="utf-8")
    result = subprocess.run(
        [str(TOOL), str(TREE / "tests" / "mutants" / "mutating.py"), str(file)],
        check=True,
        capture_output=True,
        text=True,
    )
    mutants = sorted(set(map(json.loads, result.stdout.splitlines())))
    began = time.monotonic()
    if not _notices_nothing(tests, longest=600.0):
        raise SystemExit(f"{module}: its tests fail as it is")
    longest = max(_LEAST, _TIMES * (time.monotonic() - began))
    survivors = []
    for compiled in file.parent.glob(f"__pycache__/{file.stem}.*.pyc"):
        compiled.unlink()
    try:
        for mutant in mutants:
            file.write_text(mutant, encoding="utf-8")
            if _notices_nothing(tests, longest):
                survivors.append(mutant)
    finally:
        file.write_text(source, encoding="utf-8")
    print(json.dumps({"module": module, "mutants": len(mutants), "killed": len(mutants) - len(survivors)}), flush=True)
    for survivor in survivors:
        compared = list(difflib.unified_diff(source.splitlines(), survivor.splitlines(), lineterm="", n=0))
        lines = [line for line in compared[2:] if line.startswith(("+", "-"))]
        print(json.dumps({"module": module, "survived": lines}, ensure_ascii=False), flush=True)


def _notices_nothing(tests: list[str], longest: float) -> bool:
    """Whether the tests pass, run in a process of their own on what the files hold now."""
    child = os.fork()
    if not child:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        os._exit(_run(tests))
    ends = time.monotonic() + longest
    while time.monotonic() < ends:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _run(tests: list[str]) -> int:
    """Run the tests here on modules read anew."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ("shared", "services", "tests", "deploy")]:
        del sys.modules[name]
    return int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", *tests]))


def main() -> None:
    """Mutate every chosen module, one after the other."""
    copy_tree()
    modules = list(chosen())
    sys.path.insert(0, str(TREE))
    os.chdir(TREE)
    backends = None
    if any("test_domain" not in tests for _, tests in modules) and "PANEL_TEST_DATABASE_URL" not in os.environ:
        backends = start_backends(TREE / "servers", fsync=False)
        os.environ |= {
            "PANEL_TEST_DATABASE_URL": backends.database_url,
            "PANEL_TEST_KAFKA": backends.kafka,
            "PANEL_TEST_KAFKA_USERNAME": backends.kafka_username,
            "PANEL_TEST_KAFKA_PASSWORD": backends.kafka_password,
        }
    try:
        for module, tests in modules:
            # Once here, so that what the tests stand on is loaded and compiled for every process that is forked.
            sys.dont_write_bytecode = False
            with contextlib.redirect_stdout(io.StringIO()):
                _run(tests.split())
            sys.dont_write_bytecode = True
            mutate(module, tests.split())
    finally:
        if backends is not None:
            backends.stop()


if __name__ == "__main__":
    main()
