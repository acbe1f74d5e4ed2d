"""Staff name the municipality's areas: as a table on the page, or as a file."""

from services.registration.csv_file import UnreadableFile
from services.registration.places import place_name, street_postcodes
from services.registration.population import store
from services.registration.population.area_file import MOST_AREAS, read_areas, read_file
from services.registration.population.areas import Areas, coverage
from services.registration.population.regrouping import set_areas
from shared.rules import on_one_line
from shared.web import Request, Response, render, runtime, see_other
from shared.web.forms import Form, read_form
from shared.web.staff import audit, staff_required

_LARGEST_FILE = 500_000
_LONGEST_SOURCE = 200
#: Empty rows under the areas there are.
_EMPTY_ROWS = 3


@staff_required("reader")
async def show_areas(request: Request) -> Response:
    """The areas in force, to be changed; what they cover of the population and what the rest is."""
    return await _show(request, None, {}, [], 200)


@staff_required("editor")
async def save_areas(request: Request) -> Response:
    """Put the file's or the table's areas in force for everybody; nothing is kept of one with a bad row."""
    rt = runtime(request)
    form = await read_form(request, max_bytes=_LARGEST_FILE * 2)
    file = form.files.get("file")
    source = on_one_line(form.get("source") or form.get("file_source") or "")[:_LONGEST_SOURCE]
    async with rt.transaction() as session:
        margins = await store.newest_margins(session)
    bands = [band.code for band in margins.bands] if margins else []
    try:
        raw = await file.read() if file else b""
        if len(raw) > _LARGEST_FILE:
            raise UnreadableFile("Filen er større enn 500 kB")
        if form.get("rows"):
            areas, bad = read_areas(_rows(form), rt.profile.numbers, bands)
        else:
            areas, bad = read_file(raw, rt.profile.numbers, bands)
    except UnreadableFile as error:
        return await _show(request, form, {"file": str(error)}, [], 422)
    if bad and form.get("rows"):
        wrong = {f"label-{line - 1}": f"Rad {line}: {reason}" for line, reason in bad}
        return await _show(request, form, wrong, [], 422)
    if bad:
        return await _show(request, form, {"": "Noe er feil. Ingenting er lagret."}, bad, 422)
    if margins is None:
        return await _show(request, form, {"": "Befolkningstallene er ikke klare ennå. Prøv igjen om litt."}, [], 422)
    async with rt.transaction() as session:
        newest = await store.newest_margins(session)
        assert newest is not None
        await set_areas(session, newest, areas, source, rt.now())
        await audit(session, request, "registration.area_margins.imported", newest.id, areas=len(areas))
    return see_other("/staff/registration/areas?saved=1")


def _rows(form: Form) -> list[tuple[int, dict[str, str]]]:
    """The table's rows that have anything in them, numbered as on the page."""
    rows = []
    for place in range(MOST_AREAS + _EMPTY_ROWS):
        row = {name: form.get(f"{name}-{place}") or "" for name in ("code", "label", "postcodes", "residents")}
        row["residents"] = row["residents"].replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
        if row["label"] or row["postcodes"] or row["residents"]:
            rows.append((place + 1, row))
    return rows


async def _show(
    request: Request, form: Form | None, errors: dict[str, str], bad: list[tuple[int, str]], status: int
) -> Response:
    rt = runtime(request)
    async with rt.transaction() as session:
        scheme = await store.newest_scheme(session)
        margins = await store.newest_margins(session)
        areas = store.areas_of(scheme)
        outside = await store.members_outside(session, areas)
    population = sum(cell.population for cell in margins.margins) if margins else 0
    typed = form is not None and form.get("rows")
    by_number = dict(_rows(form)) if form is not None and typed else {}
    # An empty row among them stays: what is said of a row names its number.
    inputs = [by_number.get(number, {}) for number in range(1, max(by_number, default=0) + 1)] if typed else None
    rows: list[dict[str, object]] = [*(inputs if inputs is not None else _as_rows(areas)), *([{}] * _EMPTY_ROWS)]
    context = {
        "errors": errors,
        "bad": bad,
        "areas": areas,
        "rows": rows,
        "detailed": any(area.cells for area in areas.areas),
        "source": form.get("source") if form is not None and typed else areas.source,
        "file_source": form.get("file_source") if form is not None else "",
        "stored": scheme,
        "coverage": coverage(areas, population, street_postcodes(rt.profile.numbers)),
        "lowest": margins.bands[0].age_from if margins else rt.profile.minimum_age,
        "outside": outside,
        "place_name": place_name,
        "saved": "saved" in request.query_params,
    }
    return render(request, "registration/staff_areas.html", context, status)


def _as_rows(areas: Areas) -> list[dict[str, object]]:
    return [
        {"code": area.code, "label": area.label, "postcodes": " ".join(area.postcodes), "residents": area.population}
        for area in areas.areas
    ]
