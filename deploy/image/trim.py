"""Removes what the running system never opens from installed packages: ``python trim.py SITE-PACKAGES``, in the build.

Texts of languages that no page speaks, tests, sources and debug symbols of compiled modules, type stubs: a third of the
packages. Then compiles them, because nothing can be written later.
"""

import py_compile
import shutil
import struct
import sys
from importlib.util import cache_from_source
from pathlib import Path

#: Languages of pages, and what they rest on.
_LOCALES = ("root", "no", "nb", "nb_NO", "nn", "nn_NO", "en", "en_001", "en_150", "en_GB", "en_US")
_SOURCES = {".pyi", ".pyx", ".pxd", ".pxi", ".c", ".h", ".a", ".lib"}
#: Colours for a terminal nobody sits at; typer and structlog do without, and every process is 5 MB smaller.
_PACKAGES = ("rich", "pygments")
_FOLDERS = {"tests", "f2py", "include"}
#: A Java program that checks forms for another system; of Pillow a kind of picture nobody may bring, letters, windows.
_UNUSED = (
    "pyxform/validators/odk_validate/bin/*",
    *(f"PIL/_{part}.*" for part in ("avif", "imagingft", "imagingtk")),
    *(f"pillow.libs/lib{part}-*" for part in ("avif", "freetype", "harfbuzz", "png16", "brotlidec", "brotlicommon")),
)


def trim(packages: Path) -> None:
    """Remove from ``packages`` in place."""
    for file in (packages / "babel" / "locale-data").glob("*.dat"):
        if file.stem not in _LOCALES:
            file.unlink()
    for name in _PACKAGES:
        shutil.rmtree(packages / name, ignore_errors=True)
    for file in [file for pattern in _UNUSED for file in packages.glob(pattern)]:
        file.unlink()
    for path in sorted(packages.rglob("*"), reverse=True):
        if path.is_dir() and path.name in _FOLDERS:
            shutil.rmtree(path)
        elif path.is_file() and path.suffix in _SOURCES:
            path.unlink()
        elif path.is_file() and ".so" in path.suffixes:
            without_symbols(path)


def without_symbols(file: Path) -> None:
    """Cut a 64-bit ELF library after the last part that is ever loaded: what follows is for debuggers."""
    content = bytearray(file.read_bytes())
    if content[:5] != b"\x7fELF\x02":
        return
    start, size, number = *struct.unpack_from("<Q", content, 32), *struct.unpack_from("<HH", content, 54)
    end = start + size * number
    for header in range(start, end, size):
        offset, _, _, length = struct.unpack_from("<4Q", content, header + 8)
        end = max(end, offset + length)
    # The table of sections has gone: neither a place, nor a number, nor the place of its names.
    struct.pack_into("<Q", content, 40, 0)
    struct.pack_into("<HH", content, 60, 0, 0)
    file.write_bytes(content[:end])


def compile_bare(packages: Path) -> None:
    """Bytecode without the packages' manuals and checks of themselves: each process is 5 MB smaller.

    It is marked as never to be looked at again, because times would make two builds differ.
    """
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    for file in sorted(packages.rglob("*.py")):
        target = cache_from_source(str(file), optimization="")
        py_compile.compile(str(file), target, doraise=True, optimize=2, invalidation_mode=unchecked)


if __name__ == "__main__":
    trim(Path(sys.argv[1]))
    compile_bare(Path(sys.argv[1]))
