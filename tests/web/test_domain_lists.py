"""Lists for staff: what the address asks for, and files a spreadsheet opens without running anything."""

import csv
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from shared.web.lists import list_view
from shared.web.tables import table_file

FILTERS = {"state": ("sent", "failed"), "gender": ("female", "male")}


def asked(query: str) -> Request:
    return Request({"type": "http", "path": "/staff/x", "query_string": query.encode(), "headers": [], "method": "GET"})


@given(st.text(max_size=60))
def test_any_address_gives_a_view(query: str) -> None:
    view = list_view(asked(query.encode("ascii", "ignore").decode()), FILTERS, ["new", "old"])
    assert view.page >= 1
    assert view.order in ("new", "old")


def test_a_link_keeps_what_was_chosen_and_a_new_filter_starts_at_the_first_page() -> None:
    view = list_view(asked("state=sent&page=3&order=old&bogus=1&gender=robot"), FILTERS, ["new", "old"])
    assert (view.filters, view.order, view.page, view.offset) == ({"state": "sent"}, "old", 3, 100)
    parts = parse_qs(urlsplit(view.link(gender="male")).query)
    assert parts == {"state": ["sent"], "gender": ["male"], "order": ["old"]}
    assert parse_qs(urlsplit(view.link(page=4)).query)["page"] == ["4"]
    assert "state" not in view.link(state="")


@pytest.mark.parametrize("text", ["=1+1", "+47 999", "-2", "@SUM(A1)", "\tx", "\rx"])
def test_a_formula_in_a_cell_is_only_text(text: str) -> None:
    rows = read_csv(table_file("liste", ["Tekst", "Tall"], [[text, -2]], "csv").body)
    assert rows[1][0].startswith("'")
    assert rows[1][1] == "-2"
    sheet = ZipFile(BytesIO(bytes(table_file("liste", ["Tekst"], [[text]], "xlsx").body))).read(
        "xl/worksheets/sheet1.xml"
    )
    assert b"<f>" not in sheet


def test_a_csv_is_what_norwegian_excel_reads() -> None:
    response = table_file("liste", ["Kjønn", "Andel"], [["Kvinne; «særlig»", 0.5], [None, 12]], "csv")
    assert bytes(response.body).startswith(b"\xef\xbb\xbf")
    assert read_csv(response.body) == [["Kjønn", "Andel"], ["Kvinne; «særlig»", "0,5"], ["", "12"]]
    assert response.headers["content-disposition"] == 'attachment; filename="liste.csv"'


def read_csv(body: Any) -> list[list[str]]:
    return list(csv.reader(StringIO(bytes(body).decode("utf-8-sig"), newline=""), delimiter=";"))
