"""Build the folder that the gateway serves at ``/static/<hash>/``; ``python -m deploy.web.build`` prints it."""

import hashlib
import shutil
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from deploy.local.downloads import ROOT, cache_folder
from deploy.local.errors import StackError

_PACKAGES = ROOT / "deploy" / "web" / "node_modules"
_DESIGN = _PACKAGES / "@digdir" / "designsystemet-css"
_INTER = _PACKAGES / "@fontsource-variable" / "inter"
_ICONS = _PACKAGES / "@navikt" / "aksel-icons" / "dist" / "svg"
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


#: Drawings the templates name; they become one file, of which a page shows parts by ``#Name``.
_DRAWN = (
    "ArrowRight", "BarChart", "Calendar", "ChatElipsis", "Checkmark", "Clock", "Cog", "EnvelopeClosed", "House",
    "MenuHamburger", "PersonGroup", "PersonPlus", "Tasklist",
)  # fmt: skip


def static_folder() -> Path:
    """The built folder for today's files, made if needed; its own name is the hash, also in its file ``hash``.

    Raises StackError when the front-end packages are not installed.
    """
    icons = {f"icons/{name}.svg": _ICONS / f"{name}.svg" for name in _DRAWN}
    own = {str(path.relative_to(_OWN)): path for path in sorted(_OWN.rglob("*")) if path.is_file()}
    sources = _VENDORED | icons | own
    digest = hashlib.sha256()
    for name, path in sorted(sources.items()):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise StackError(f"The front-end file {path.name} is missing: run `make install`.") from None
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    mark = digest.hexdigest()[:16]
    folder = cache_folder() / "static" / mark
    if not folder.exists():
        _copy(sources, folder, mark)
    return folder


def _copy(sources: dict[str, Path], folder: Path, mark: str) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Filled aside and renamed: two launchers may build at once, and neither may see half a folder.
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".building-"))
    draft.chmod(0o755)
    for name, path in sources.items():
        target = draft / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    (draft / "icons.svg").write_text(_sprite(draft / "icons"), encoding="utf-8")
    (draft / "hash").write_text(f"{mark}\n", encoding="utf-8")
    try:
        draft.rename(folder)
    except OSError:
        shutil.rmtree(draft)


def _sprite(folder: Path) -> str:
    """One SVG with a symbol for each drawing, named as its file."""
    svg = "{http://www.w3.org/2000/svg}"
    ElementTree.register_namespace("", svg[1:-1])
    sheet = ElementTree.Element(f"{svg}svg")
    for file in sorted(folder.iterdir()):
        drawing = ElementTree.parse(file).getroot()  # noqa: S314 - checked against its hash when it was installed
        symbol = ElementTree.SubElement(sheet, f"{svg}symbol", {"id": file.stem, "viewBox": drawing.get("viewBox", "")})
        symbol.extend(drawing)
    return ElementTree.tostring(sheet, encoding="unicode")


if __name__ == "__main__":
    try:
        print(static_folder())
    except StackError as problem:
        sys.exit(f"error: {problem}")
