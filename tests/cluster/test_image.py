"""The image as a cluster runs it: no root, nothing to write to, no capability, and a service that answers."""

import json
import os
import shutil
import subprocess

import pytest

from deploy.image.materials import locked
from deploy.local.downloads import ROOT
from tests.cluster.stack import HARDENED

#: Named by `make cluster-test`, which builds it first: an image left from an earlier day says nothing of this code.
IMAGE = os.environ.get("PANEL_IMAGE", "")
ENGINE = os.environ.get("PANEL_ENGINE") or next(filter(shutil.which, ("podman", "docker")), "")


def engine(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """One run of the container engine."""
    return subprocess.run([ENGINE, *arguments], capture_output=True, text=True, check=False, timeout=120)


pytestmark = pytest.mark.skipif(
    not ENGINE or not IMAGE or engine("image", "inspect", IMAGE).returncode != 0,
    reason="no image built for this run: `make cluster-test`",
)


def test_commands_run_without_rights() -> None:
    result = engine("run", *HARDENED, "--network=none", IMAGE, "--help")
    assert result.returncode == 0, result.stderr
    for command in ("serve", "migrate", "topics", "try", "secrets"):
        assert command in result.stdout


def test_a_wrong_setting_is_one_line_here_too() -> None:
    result = engine("run", *HARDENED, "--network=none", IMAGE, "serve", "surveys")
    assert result.returncode != 0
    assert result.stderr.strip() == "error: PANEL_SERVICE_DATABASE_URL is not set"


def test_it_is_nobody_and_holds_no_tool_to_install_with() -> None:
    look = "import json, os, shutil; print(json.dumps([os.getuid(), shutil.which('pip'), os.path.exists('tests')]))"
    result = engine("run", *HARDENED, "--network=none", "--entrypoint=python", IMAGE, "-c", look)
    assert json.loads(result.stdout) == [10001, None, False]


def test_everything_is_compiled() -> None:
    """Nothing can be written later, so a module that is not compiled is compiled again at each start."""
    look = (
        "import pathlib; print([str(f) for d in ('/opt/panel/lib', '/srv/panel') for f in pathlib.Path(d).rglob('*.py')"
        " if not (f.parent / '__pycache__' / (f.stem + '.cpython-311.pyc')).exists()][:5])"
    )
    result = engine("run", *HARDENED, "--network=none", "--entrypoint=python", IMAGE, "-c", look)
    assert result.stdout.strip() == "[]", result.stdout + result.stderr


def test_every_compiled_module_that_was_trimmed_still_loads() -> None:
    look = (
        "import pathlib, importlib, sysconfig; root = pathlib.Path(sysconfig.get_paths()['purelib']); number = 0\n"
        "for file in sorted(file for file in root.rglob('*.so') if file.parent.suffix != '.libs'):\n"
        "    name = '.'.join((*file.relative_to(root).parts[:-1], file.name.partition('.')[0]))\n"
        "    importlib.import_module(name); number += 1\n"
        "print(number)"
    )
    result = engine("run", *HARDENED, "--network=none", "--entrypoint=python", IMAGE, "-c", look)
    assert result.returncode == 0, result.stderr[-500:]
    assert int(result.stdout) > 20


def test_the_bill_of_materials_names_every_package() -> None:
    result = engine("run", *HARDENED, "--network=none", "--entrypoint=cat", IMAGE, "/srv/panel/sbom.cdx.json")
    bill = json.loads(result.stdout)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    packages = {(package.name, package.version) for package in locked(ROOT / "deploy" / "image" / "image.lock")}
    assert {(part["name"], part["version"]) for part in bill["components"]} == packages
