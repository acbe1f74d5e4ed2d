"""Checks of a file before anything reads it: its size, its kind, and what a zip unpacks to."""

import csv
import zipfile
from io import BytesIO, StringIO

#: LimeSurvey repeats every setting for every question and language.
MOST_BYTES, MOST_LSS_BYTES = 1_000_000, 3_000_000
#: A workbook of a thousand rows unpacks to a few megabytes.
_MOST_UNPACKED = 20_000_000
_MOST_PARTS = 200


class BadFile(ValueError):
    """The file cannot be read; the text is for staff."""


def checked(data: bytes, name: str) -> str:
    """``xlsx``, ``csv`` or ``lss``; raises BadFile."""
    ending = name.lower().rsplit(".", 1)[-1]
    most = MOST_LSS_BYTES if ending == "lss" else MOST_BYTES
    if len(data) > most:
        raise BadFile(f"Filen er for stor. Den kan være på høyst {most // 1_000_000} MB.")
    if not data.strip():
        raise BadFile("Filen er tom.")
    if ending in ("xls", "xlsm"):
        raise BadFile("Filer av typen .xls og .xlsm kan ha makroer og leses ikke. Lagre den som .xlsx.")
    if data[:2] == b"PK":
        _check_workbook(data)
        return "xlsx"
    if ending in ("csv", "lss"):
        return ending
    raise BadFile("Filen må være en .xlsx-, .csv- eller .lss-fil.")


def with_commas(data: bytes) -> bytes:
    """A ``.csv`` in UTF-8 with commas, also of one as Excel saves it in Norway: semicolons, Windows-1252 or UTF-16."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    first = text.split("\n", 1)[0]
    rows = csv.reader(StringIO(text, newline=""), delimiter=max((",", ";", "\t"), key=first.count))
    buffer = StringIO(newline="")
    try:
        csv.writer(buffer).writerows(rows)
    except csv.Error as error:
        raise BadFile("Filen er ingen CSV-fil som kan leses.") from error
    return buffer.getvalue().encode()


def _check_workbook(data: bytes) -> None:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile as error:
        raise BadFile("Filen er skadet og kan ikke åpnes.") from error
    names = [part.filename.lower() for part in parts]
    if any("vbaproject" in name for name in names):
        raise BadFile("Filen har makroer og leses ikke. Lagre den som .xlsx uten makroer.")
    if "xl/workbook.xml" not in names:
        raise BadFile("Filen er ingen .xlsx-fil.")
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_UNPACKED:
        raise BadFile("Filen pakker ut til mer enn et spørreskjema kan være.")
