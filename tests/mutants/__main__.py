"""``make mutants``: change one place of the product at a time, and see whether the closest tests notice.

It works in a copy of what is committed. Every line of output is JSON: a module's counts, then its survivors, each with
its change, to be judged one by one. A run over everything takes hours: name modules with ``MODULES="..."``.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from deploy.local.backends import start_backends
from deploy.local.downloads import ROOT

TREE = ROOT / ".cache" / "mutants-tree"
TOOL = ROOT / ".cache" / "mutants" / "bin" / "cosmic-ray"
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
    "services/**/domain.py": "tests/{service}",
}
_CONFIG = """
[cosmic-ray]
module-path = "{module}"
timeout = 120.0
excluded-modules = []
test-command = "{python} -m pytest -q -x -p no:cacheprovider {tests}"
[cosmic-ray.distributor]
name = "local"
"""


def chosen() -> Iterator[tuple[str, str]]:
    """(module, tests) of what is asked for, all of it by default."""
    wanted, seen = os.environ.get("MODULES", "").split(), set[str]()
    for pattern, tests in CLOSEST.items():
        for file in sorted(TREE.glob(pattern)):
            name = str(file.relative_to(TREE))
            if file.name != "__init__.py" and name not in seen and (not wanted or name in wanted):
                seen.add(name)
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


def mutate(module: str, tests: str, environment: dict[str, str]) -> None:
    """Run every mutant of ``module`` and print what became of them."""
    config, session = TREE / "mutants.toml", TREE / "mutants.sqlite"
    session.unlink(missing_ok=True)
    config.write_text(_CONFIG.format(module=module, python=sys.executable, tests=tests), encoding="utf-8")
    for arguments in (["init", str(config), str(session)], ["exec", str(config), str(session)]):
        subprocess.run([str(TOOL), *arguments], cwd=TREE, env=environment, check=True, stdout=subprocess.DEVNULL)
    dumped = subprocess.run([str(TOOL), "dump", str(session)], cwd=TREE, check=True, capture_output=True, text=True)
    results = [result for _, result in map(json.loads, dumped.stdout.splitlines()) if result is not None]
    survivors = [result for result in results if result["test_outcome"] == "survived"]
    killed = len(results) - len(survivors)
    print(json.dumps({"module": module, "mutants": len(results), "killed": killed}), flush=True)
    for survivor in survivors:
        changed = [line for line in survivor["diff"].splitlines()[2:] if line.startswith(("+", "-"))]
        print(json.dumps({"module": module, "survived": changed}, ensure_ascii=False), flush=True)


def main() -> None:
    """Mutate every chosen module, one after the other."""
    copy_tree()
    modules = list(chosen())
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    backends = None
    if any("test_domain" not in tests for _, tests in modules) and "PANEL_TEST_DATABASE_URL" not in environment:
        backends = start_backends(TREE / "servers", fsync=False)
        environment |= {
            "PANEL_TEST_DATABASE_URL": backends.database_url,
            "PANEL_TEST_KAFKA": backends.kafka,
            "PANEL_TEST_KAFKA_USERNAME": backends.kafka_username,
            "PANEL_TEST_KAFKA_PASSWORD": backends.kafka_password,
        }
    try:
        for module, tests in modules:
            mutate(module, tests, environment)
    finally:
        if backends is not None:
            backends.stop()


if __name__ == "__main__":
    main()
