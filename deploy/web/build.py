"""Build the folder that the gateway serves at ``/static/<hash>/``; ``python -m deploy.web.build`` prints it."""

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from deploy.local.downloads import ROOT, cache_folder
from deploy.local.errors import StackError

_PACKAGES = ROOT / "deploy" / "web" / "node_modules"
_DESIGN = _PACKAGES / "@digdir" / "designsystemet-css"
_INTER = _PACKAGES / "@fontsource-variable" / "inter"
_OWN = ROOT / "shared" / "web" / "static"

#: Name below /static/<hash>/ -> file of a package. Licences travel with what they cover.
_VENDORED = {
    "designsystemet.css": _DESIGN / "dist" / "src" / "index.css",
    "theme.css": _DESIGN / "dist" / "theme" / "designsystemet.css",
    "designsystemet.LICENSE": _DESIGN / "LICENSE",
    "inter/LICENSE": _INTER / "LICENSE",
    **{
        f"inter/inter-{script}-wght-{slope}.woff2": _INTER / "files" / f"inter-{script}-wght-{slope}.woff2"
        for script in ("latin", "latin-ext")
        for slope in ("normal", "italic")
    },
}


def static_folder() -> Path:
    """The built folder for today's files, made if needed; its own name is the hash, also in its file ``hash``.

    Raises StackError when the front-end packages are not installed.
    """
    sources = _VENDORED | {str(path.relative_to(_OWN)): path for path in sorted(_OWN.rglob("*")) if path.is_file()}
    digest = hashlib.sha256()
    for name, path in sorted(sources.items()):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise StackError(f"The front-end file {path.name} is missing: run `make install`.") from None
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    mark = digest.hexdigest()[:16]
    built = cache_folder() / "static" / mark
    if not built.exists():
        _copy(sources, built, mark)
    return built


def _copy(sources: dict[str, Path], built: Path, mark: str) -> None:
    built.parent.mkdir(parents=True, exist_ok=True)
    # Filled aside and renamed: two launchers may build at once, and neither may see half a folder.
    draft = Path(tempfile.mkdtemp(dir=built.parent, prefix=".building-"))
    draft.chmod(0o755)
    for name, path in sources.items():
        target = draft / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    (draft / "hash").write_text(f"{mark}\n", encoding="utf-8")
    try:
        draft.rename(built)
    except OSError:
        shutil.rmtree(draft)


if __name__ == "__main__":
    try:
        print(static_folder())
    except StackError as problem:
        sys.exit(f"error: {problem}")
