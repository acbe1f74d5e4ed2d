"""What is in the image, for those who must know: a CycloneDX bill of materials and a list of licences."""

import re
from dataclasses import dataclass
from email.parser import Parser
from importlib import metadata
from pathlib import Path

#: Where a package's metadata say too little; looked up by hand.
_LICENCES = {
    "pyxform": "BSD-2-Clause",
    # Offered under either; we take the Artistic License.
    "text-unidecode": "Artistic-1.0",
}


@dataclass(frozen=True)
class Package:
    """One Python package of the lock."""

    name: str
    version: str
    hashes: tuple[str, ...]
    """SHA-256 of each file that may be installed."""
    licence: str
    """SPDX expression or the package's own words; ``unknown`` when it says nothing."""


def locked(lock: Path) -> list[Package]:
    """Packages of a lock file, in its order, that apply to this platform; licences as installed here."""
    blocks = re.split(r"^(?=[A-Za-z0-9_.-]+==)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    packages = []
    for block in blocks:
        name, version = re.match(r"([A-Za-z0-9_.-]+)==([^\s;\\]+)", block).groups()  # type: ignore[union-attr]
        hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", block))
        packages.append(Package(name, version, hashes, _licence(name)))
    return packages


def _licence(name: str) -> str:
    if name in _LICENCES:
        return _LICENCES[name]
    try:
        about = Parser().parsestr(metadata.distribution(name).read_text("METADATA") or "")
    except metadata.PackageNotFoundError:
        return "not installed here"
    if expression := about.get("License-Expression"):
        return str(expression)
    named = [line.rpartition(" :: ")[2] for line in about.get_all("Classifier") or () if line.startswith("License ::")]
    lines = (about.get("License") or "").strip().splitlines()[:1]
    return " AND ".join(named) or (lines[0] if lines and lines[0] else "unknown")


def bill_of_materials(packages: list[Package], version: str) -> dict[str, object]:
    """CycloneDX 1.6; of the Python packages, because the base image brings its own."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": "innbyggerpanel",
                "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": [
            {
                "type": "library",
                "name": package.name,
                "version": package.version,
                "purl": f"pkg:pypi/{package.name}@{package.version}",
                "licenses": [{"license": {"name": package.licence}}],
                "properties": [{"name": "innbyggerpanel:sha256", "value": digest} for digest in package.hashes],
            }
            for package in packages
        ],
    }


def licences(packages: list[Package]) -> str:
    """One line a package: name, version, licence."""
    return "".join(f"{package.name} {package.version}: {package.licence}\n" for package in packages)
