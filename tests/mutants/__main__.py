"""``make mutants``: change one place of the product at a time, and see whether the closest tests notice.

It works in a copy of what is committed. Every line of output is JSON: a module's survivors, each with its change, to be
judged one by one, then its counts. Name modules with ``MODULES="..."``; a run over everything takes long.

Each mutant is tried in a process forked from one that has run the tests already: starting Python and its packages
anew would take most of the time. Tests of rules alone (``test_domain*.py``) run without the fixtures, which load the
whole product, and without any server.
"""

import contextlib
import difflib
import gc
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from deploy.local.backends import start_backends
from deploy.local.downloads import ROOT

TREE = ROOT / ".cache" / "mutants-tree"
TOOL = ROOT / ".cache" / "mutants" / "bin" / "python"
#: Folders or files of the product, and the tests that are closest to them.
CLOSEST = {
    "shared/messaging/transient.py": "tests/shared/test_domain_transient.py",
    "shared/causes.py": "tests/shared/test_domain_transient.py",
    "shared/messaging/subscription.py": "tests/shared/test_domain_subscription.py",
    "shared/messaging/envelope.py": "tests/shared/test_domain_envelope.py",
    "shared/messaging/gaps.py": "tests/shared/test_domain_gaps.py",
    "shared/messaging/keeping.py": "tests/shared/test_keeping.py tests/shared/test_missing.py",
    "shared/messaging/inbox.py": "tests/shared/test_inbox.py tests/shared/test_poison.py tests/shared/test_missing.py "
    "tests/shared/test_mechanisms_off.py tests/shared/test_batches.py tests/shared/test_redrive.py "
    "tests/shared/test_lanes.py",
    "shared/messaging/outbox.py": "tests/shared/test_outbox.py tests/shared/test_inbox.py tests/shared/test_missing.py "
    "tests/shared/test_mechanisms_off.py tests/shared/test_forgetting.py",
    "shared/messaging/relay.py": "tests/shared/test_relay.py tests/shared/test_half_a_batch.py "
    "tests/shared/test_emptied_broker.py tests/shared/test_delivery.py",
    "shared/messaging/consumer.py": "tests/shared/test_batches.py tests/shared/test_inbox.py "
    "tests/shared/test_poison.py tests/shared/test_delivery.py",
    "shared/messaging/dead_letters.py": "tests/shared/test_redrive.py tests/shared/test_failing_again.py "
    "tests/shared/test_lanes.py tests/shared/test_inbox.py tests/shared/test_poison.py tests/shared/test_missing.py",
    "shared/messaging/missing.py": "tests/shared/test_missing.py "
    "tests/registration/test_missed.py::test_whoever_missed_events_says_so_once_and_again_when_there_are_more "
    "tests/registration/test_missed.py::test_whoever_published_them_sends_the_stretch_again_and_nobody_else_does",
    "shared/messaging/transport.py": "tests/shared/test_domain_transport.py",
    "shared/messaging/provision.py": "tests/shared/test_domain_topics.py",
    "shared/messaging/topics.py": "tests/shared/test_domain_topics.py",
    "shared/messaging/broker.py": "tests/shared/test_domain_topics.py",
    "shared/web/limits.py": "tests/web/test_limits.py tests/web/test_domain_networks.py",
    "shared/web/middleware.py": "tests/web/test_domain_shell.py",
    "shared/tokens.py": "tests/web/test_domain_keys.py tests/web/test_domain_staff_session.py "
    "tests/web/test_domain_tokens.py",
    "services/*/sending/journaling.py": "tests/notifications/test_journal.py",
    #: Those of its tests that import it, without servers if there are such.
    "services/**/domain.py": "",
}
#: A mutant that takes so many times what no change takes, of the processor's time or of the day's, and so many seconds
#: at least, counts as noticed: it runs or waits for ever.
_TIMES, _LEAST, _LEAST_OF_DAY = 10, 3, 120
#: The same examples every time, and no search for a smaller one.
settings.register_profile(
    "mutants",
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
_OURS = ["shared", "services", "tests", "deploy"]
#: Every run but the first finds what the first has loaded.
_KNOWN = "ignore::pytest.PytestAssertRewriteWarning"


class Quickest:
    """Puts the tests that took least before the others: one that fails ends the run."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what each part of a test took."""
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Sort by what they took before."""
        items.sort(key=lambda item: self.seconds.get(item.nodeid, 0.0))


_QUICKEST = Quickest()


def chosen() -> Iterator[tuple[str, list[str]]]:
    """(module, tests) of what is asked for, all of it by default."""
    modules, names = os.environ.get("MODULES", "").split(), set[str]()
    for pattern, tests in CLOSEST.items():
        for file in sorted(TREE.glob(pattern)):
            name = str(file.relative_to(TREE))
            if file.name != "__init__.py" and name not in names and (not modules or name in modules):
                names.add(name)
                yield name, tests.split() or importing(name)


def importing(module: str) -> list[str]:
    """The tests of a service that import ``module``: of those the tests of rules alone, if there are."""
    package, _, name = module.removesuffix(".py").replace("/", ".").rpartition(".")
    lines = f"from {package}.{name} import", f"from {package} import {name}"
    files = [
        str(test.relative_to(TREE))
        for test in sorted((TREE / "tests" / module.split("/")[1]).glob("test_*.py"))
        if any(line in test.read_text(encoding="utf-8") for line in lines)
    ]
    return [test for test in files if is_pure([test])] or files


def is_pure(tests: list[str]) -> bool:
    """Whether these are tests of rules alone."""
    return all("domain" in Path(test).name for test in tests)


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
    before, began = _processor_time(), time.monotonic()
    if not _notices_nothing(module, tests, 600, 1800):
        raise SystemExit(f"{module}: its tests fail as it is")
    longest = max(_LEAST, int(_TIMES * (_processor_time() - before)))
    of_day = max(_LEAST_OF_DAY, int(_TIMES * (time.monotonic() - began)))
    survivors = 0
    for compiled in file.parent.glob(f"__pycache__/{file.stem}.*.pyc"):
        compiled.unlink()
    try:
        for mutant in mutants:
            file.write_text(mutant, encoding="utf-8")
            if _notices_nothing(module, tests, longest, of_day):
                survivors += 1
                compared = list(difflib.unified_diff(source.splitlines(), mutant.splitlines(), lineterm="", n=0))
                lines = [line for line in compared[2:] if line.startswith(("+", "-"))]
                print(json.dumps({"module": module, "survived": lines}, ensure_ascii=False), flush=True)
    finally:
        file.write_text(source, encoding="utf-8")
    print(json.dumps({"module": module, "mutants": len(mutants), "killed": len(mutants) - survivors}), flush=True)


def _processor_time() -> float:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime


def _notices_nothing(module: str, tests: list[str], longest: int, of_day: int) -> bool:
    """Whether the tests pass, run in a process of their own on what the files hold now."""
    child = os.fork()
    if not child:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (longest, longest))
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        os._exit(_run(module, tests))
    ends = time.monotonic() + of_day
    while time.monotonic() < ends:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _run(module: str, tests: list[str]) -> int:
    """Run the tests here on modules read anew."""
    # What is shared knows no service; with a database its tables would be told of again.
    anew = ["services", "tests", "deploy"] if module.startswith("services") and is_pure(tests) else _OURS
    for name in [name for name in sys.modules if name.partition(".")[0] in anew]:
        del sys.modules[name]
    settings.load_profile("mutants")
    alone = ["--noconftest"] if is_pure(tests) else []
    return int(
        pytest.main(["-q", "-x", "--tb=no", "-p", "no:cacheprovider", "-W", _KNOWN, *alone, *tests], [_QUICKEST])
    )


def main() -> None:
    """Mutate every chosen module, one after the other."""
    copy_tree()
    modules = list(chosen())
    sys.path.insert(0, str(TREE))
    os.chdir(TREE)
    backends = None
    if not all(is_pure(tests) for _, tests in modules) and "PANEL_TEST_DATABASE_URL" not in os.environ:
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
                _run(module, tests)
            sys.dont_write_bytecode = True
            gc.freeze()
            mutate(module, tests)
    finally:
        if backends is not None:
            backends.stop()


if __name__ == "__main__":
    main()
