"""Reading CSV lists from any program: characters, separator and columns."""

import csv
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from io import StringIO

from charset_normalizer import from_bytes

from shared.slugs import slug

#: Eight-bit character sets Norwegian programs write: Windows, old Macs, MS-DOS (where cp850 has the same letters).
_EIGHT_BIT = ("cp1252", "mac_roman", "cp865")
#: A letter of UTF-8 that was read as Windows-1252 and written once more: «Ã¸» for «ø».
_TWICE = re.compile("[Â-ô][\u0080-¿€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
_BEYOND_ASCII = re.compile(rb'[^;,\t\r\n"]*[\x80-\xff][^;,\t\r\n"]*')
_MOST_LINES_JUDGED = 500


class UnreadableFile(ValueError):
    """The file is no list this page takes; the text says why in Bokmål."""


@dataclass(frozen=True)
class Row:
    """One row: ``line`` of the file, from 1, and the text of each column that was asked for."""

    line: int
    cells: dict[str, str]
    has_more: bool = False
    """More cells than the heading has columns."""


def decoded(raw: bytes) -> str:
    """The file's text. A file of mixed lines, or one encoded twice, is read line by line. Raises UnreadableFile."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = raw.decode("utf-16")
        except UnicodeDecodeError:
            raise UnreadableFile(_UNKNOWN) from None
        if "\x00" in text:
            raise UnreadableFile(_NO_TEXT)
        return text
    if b"\x00" in raw:
        raise UnreadableFile(_NO_TEXT)
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        return "\n".join(map(_once, raw.decode("utf-8").split("\n")))
    except UnicodeDecodeError:
        pass
    lines = raw.split(b"\n")
    other = [line for line in lines if not _is_utf8(line)]
    encoding = _encoding_of(b"\n".join(other[:_MOST_LINES_JUDGED]))
    try:
        texts = {line: line.decode(encoding) for line in other}
    except UnicodeDecodeError:
        raise UnreadableFile(_UNKNOWN) from None
    return "\n".join(texts[line] if line in texts else _once(line.decode("utf-8")) for line in lines)


_NO_TEXT = "Filen er ikke ren tekst. Lagre den på nytt som «CSV UTF-8» og prøv igjen."
_UNKNOWN = "Vi kjenner ikke tegnsettet i filen. Lagre den på nytt som «CSV UTF-8» og prøv igjen."


def _encoding_of(lines: bytes) -> str:
    """Which of ``_EIGHT_BIT`` the cells with letters beyond ASCII look most like a language in."""
    cells = b"\n".join(_BEYOND_ASCII.findall(lines))
    matches = from_bytes(cells, cp_isolation=list(_EIGHT_BIT), threshold=1.0, enable_fallback=False)
    disorder = {match.encoding: match.chaos for match in matches}
    return min(_EIGHT_BIT, key=lambda name: disorder.get(name, 1.0))


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _once(line: str) -> str:
    """The line as it was before somebody encoded it a second time, or a third."""
    for encoding in ("cp1252", "latin-1") if _TWICE.search(line) else ():
        try:
            return _once(line.encode(encoding).decode("utf-8"))
        except UnicodeError:
            continue
    return line


def rows(text: str, needed: Collection[str], optional: Collection[str] = (), *, most: int) -> Iterator[Row]:
    """The rows that are not empty, under a heading that names every needed column, in any order.

    Names are compared as slugs: ``Fødselsår`` is ``fodselsar``. Raises UnreadableFile.
    """
    lines = text.split("\n", 1)
    skipped = 0
    separator = re.fullmatch(r'"?sep=(.)"?\s*', lines[0], re.IGNORECASE)
    if separator:
        text, skipped = (lines[1] if len(lines) > 1 else ""), 1
    first = text.split("\n", 1)[0]
    delimiter = separator[1] if separator else max(";\t,", key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    head: list[str] = []
    number = 0
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not head:
                head = _heading(cells, needed, optional, delimiter)
                continue
            number += 1
            if number > most:
                raise UnreadableFile(f"Filen har flere enn {most} rader. Del den opp.")
            extra = any(cell.strip() for cell, name in zip(cells, head, strict=False) if not name)
            extra = extra or any(cell.strip() for cell in cells[len(head) :])
            named = {name: cell.strip() for name, cell in zip(head, cells, strict=False) if name}
            yield Row(reader.line_num + skipped, named, extra)
    except csv.Error as error:
        line = reader.line_num + skipped
        raise UnreadableFile(f"Linje {line} er ikke riktig CSV. Se etter anførselstegn som mangler.") from error
    if not head:
        raise UnreadableFile("Filen er tom.")
    if not number:
        raise UnreadableFile("Filen har ingen rader under overskriften.")


def _heading(cells: list[str], needed: Collection[str], optional: Collection[str], delimiter: str) -> list[str]:
    """The columns' names; empty for a column without one."""
    names_of = {_slug(name): name for name in (*needed, *optional)}
    names = [names_of.get(_slug(cell), "") for cell in cells]
    columns = delimiter.join(needed)
    if missing := [name for name in needed if name not in names]:
        raise UnreadableFile(f"Første linje mangler {', '.join(missing)}. Den må ha kolonnene {columns}.")
    if strange := [cell.strip()[:30] for cell, name in zip(cells, names, strict=True) if cell.strip() and not name]:
        raise UnreadableFile(f"Kolonnen «{strange[0]}» kjenner vi ikke. Ta den bort og prøv igjen.")
    if doubled := [name for name in names if name and names.count(name) > 1]:
        raise UnreadableFile(f"Kolonnen {doubled[0]} står to ganger i første linje.")
    return names


def _slug(name: str) -> str:
    return slug(name, separator="")
