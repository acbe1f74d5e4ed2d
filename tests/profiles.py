"""Profiles of municipalities for tests."""

from pathlib import Path

import yaml


def write_profile(folder: Path, **entries: object) -> Path:
    """A folder with a profile: Bærum's number and name unless ``entries`` say otherwise."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"number": "3201", "name": "Bærum kommune"} | entries
    (folder / "profile.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return folder
