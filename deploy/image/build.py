"""Build the image: ``python -m deploy.image.build`` (``make image``) prepares a context and runs the engine on it.

The context holds what git does not ignore of the product, the front end's files, the runtime lock and a bill of
materials, so a build depends on nothing else of the checkout. ``PANEL_ENGINE`` names the engine (podman, docker),
``PANEL_IMAGE_BASE`` another base image, ``PANEL_IMAGE`` the name, and ``PANEL_IMAGE_BUILD_ARGS`` further arguments for
the engine.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.image.materials import bill_of_materials, licences, locked
from deploy.local.downloads import ROOT, cache_folder
from deploy.local.errors import StackError
from deploy.web.build import static_folder

_LOCK = ROOT / "deploy" / "image" / "image.lock"
#: What of the repository the running system reads.
_PRODUCT = ("shared", "services", "deploy/kafka/topics.yaml", "LICENSE")
#: The machine's certificates and its way to the package index.
_REACHING = ("/etc/ssl/certs", "/etc/pip.conf")
DEFAULT_NAME = "localhost/innbyggerpanel:0.1.0"


def prepare_context(folder: Path) -> None:
    """Fill ``folder``, emptied before, with all that the Containerfile copies."""
    shutil.rmtree(folder, ignore_errors=True)
    source = folder / "src"
    for name in _git("ls-files", "--cached", "--others", "--exclude-standard", *_PRODUCT).splitlines():
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    shutil.copytree(static_folder(), source / "static")
    shutil.copyfile(_LOCK, folder / "image.lock")
    for name in ("Containerfile", "trim.py"):
        shutil.copyfile(ROOT / "deploy" / "image" / name, folder / name)
    packages = locked(_LOCK)
    (source / "sbom.cdx.json").write_text(
        json.dumps(bill_of_materials(packages, _version()), indent=1) + "\n", encoding="utf-8"
    )
    (source / "LICENCES.txt").write_text(licences(packages), encoding="utf-8")
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def container_engine() -> str:
    """The engine's command; StackError when there is none."""
    engine = os.environ.get("PANEL_ENGINE") or next(filter(shutil.which, ("podman", "docker")), None)
    if engine is None:
        raise StackError("No container engine: install podman or docker, or name one with PANEL_ENGINE.")
    return engine


def build(name: str) -> None:
    """Build ``name`` with the engine; StackError when there is none or it fails."""
    engine = container_engine()
    context = cache_folder() / "image-context"
    prepare_context(context)
    arguments = {"VERSION": _version(), "REVISION": _git("rev-parse", "HEAD").strip()}
    if base := os.environ.get("PANEL_IMAGE_BASE"):
        arguments["BASE"] = base
    command = [engine, "build", "--tag", name, "--file", str(context / "Containerfile")]
    command += [part for key, value in arguments.items() for part in ("--build-arg", f"{key}={value}")]
    if Path(engine).name == "podman":
        # Times are the commit's, so that two builds of one commit are the same.
        command += ["--timestamp", _git("log", "-1", "--format=%ct").strip(), "--network=host"]
        # What reaches the package index from here reaches it in the build, and does not end up in the image.
        command += [f"--volume={file}:{file}:ro" for file in _REACHING if Path(file).exists()]
    command += [*shlex.split(os.environ.get("PANEL_IMAGE_BUILD_ARGS", "")), str(context)]
    if subprocess.run(command, check=False).returncode != 0:
        raise StackError(f"{engine} could not build {name}: its last lines say why.")


def _version() -> str:
    return DEFAULT_NAME.rpartition(":")[2]


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S607


if __name__ == "__main__":
    try:
        build(os.environ.get("PANEL_IMAGE") or DEFAULT_NAME)
    except StackError as problem:
        sys.exit(f"error: {problem}")
