"""Lists for staff as files: CSV that Norwegian Excel opens as it is, and XLSX."""

import csv
from collections.abc import Iterable, Sequence
from io import BytesIO, StringIO

from starlette.requests import Request
from starlette.responses import Response

from shared.web.pages import attached, or_404

#: First characters that make a spreadsheet run a cell.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Formats a list may be asked for.
FORMATS = ("csv", "xlsx")

Rows = Iterable[Sequence[object]]


def file_format(request: Request) -> str:
    """The format in the address of a list's file, ``list.{form}``; the request ends with 404 for any other."""
    return or_404(next((form for form in FORMATS if form == request.path_params["form"]), None))


def table_file(name: str, columns: Sequence[str], rows: Rows, form: str) -> Response:
    """The rows under their column names, as a download ``<name>.<form>``; ``form`` is one of ``FORMATS``."""
    content, kind = (_xlsx(columns, rows), _XLSX) if form == "xlsx" else (_csv(columns, rows), "text/csv")
    return Response(content, media_type=kind, headers=attached(f"{name}.{form}"))


def _csv(columns: Sequence[str], rows: Rows) -> bytes:
    """With semicolons and a byte order mark; without them Norwegian Excel reads one column and wrong letters."""
    target = StringIO()
    writer = csv.writer(target, delimiter=";", lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_text(value) for value in row] for row in rows)
    return target.getvalue().encode("utf-8-sig")


def _text(value: object) -> str:
    """As text, and never as something a spreadsheet would run."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.12g}".replace(".", ",")
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not isinstance(value, int) else text


def _xlsx(columns: Sequence[str], rows: Rows) -> bytes:
    import xlsxwriter

    target = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, columns, book.add_format({"bold": True}))
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows, start=1):
            for place, value in enumerate(row):
                if isinstance(value, int | float) and not isinstance(value, bool):
                    sheet.write_number(number, place, value)
                else:
                    sheet.write_string(number, place, "" if value is None else str(value))
        sheet.autofit()
    return target.getvalue()
