"""The page on which an administrator replaces the population by a newer file of Statistics Norway."""

from services.registration.csv_file import UnreadableFile
from services.registration.population import store
from services.registration.population.counting import MARGINS_ID, announce_population
from services.registration.population.domain import band_text, bands_from, margins_of
from services.registration.population.ssb_file import Statistics, packed, read_statistics, unpacked
from shared.messaging import lock
from shared.web import Request, Response, render, runtime, see_other
from shared.web.forms import read_form
from shared.web.staff import audit, staff_required

#: All municipalities by single year of age are about 3 MB.
_LARGEST_FILE = 8_000_000
#: Change from the figures in force that is pointed out: another municipality, or a merger.
_SURPRISING = 0.1


@staff_required("reader")
async def show_population(request: Request) -> Response:
    """The figures in force, and the form for newer ones."""
    return await _show(request, None, "", 200)


@staff_required("admin")
async def replace_population(request: Request) -> Response:
    """Show what a file would change; with ``figures`` from that page, put them in force for every service."""
    rt, form = runtime(request), await read_form(request, max_bytes=_LARGEST_FILE)
    file = form.files.get("file")
    try:
        if form.get("figures"):
            statistics = unpacked(form.get("figures") or "")
        elif file is None:
            raise UnreadableFile("Velg en fil.")
        else:
            statistics = read_statistics(await file.read(), rt.profile.number, rt.profile.name)
    except UnreadableFile as error:
        return await _show(request, None, str(error), 422)
    async with rt.transaction() as session:
        await lock(session, MARGINS_ID)
        newest = await store.newest_margins(session)
        older = newest is not None and statistics.year < newest.year
        if form.get("figures") and not older:
            await announce_population(session, rt.settings, statistics)
            await audit(session, request, "registration.population.replaced", MARGINS_ID, year=statistics.year)
            return see_other("/staff/registration/population?saved=1")
    if older and newest is not None:
        text = f"Filen har tall fra {statistics.year}, og de som er i bruk, er fra {newest.year}. Velg en nyere fil."
        return await _show(request, None, text, 422)
    return await _show(request, statistics, "", 200)


async def _show(request: Request, statistics: Statistics | None, error: str, status: int) -> Response:
    async with runtime(request).transaction() as session:
        newest = await store.newest_margins(session)
    # A file that an older release took in cannot be counted anew.
    bands = newest.bands if newest and not statistics else bands_from(runtime(request).profile.minimum_age)
    before = {(cell.gender, cell.band): cell.population for cell in newest.margins} if newest else {}
    counted = margins_of(statistics.persons, bands) if statistics else ()
    after = {(margin.gender, margin.band): margin.population for margin in counted}
    total, counted_before = sum(after.values()), sum(before.values())
    context = {
        "stored": newest,
        "given": statistics,
        "figures": packed(statistics) if statistics else "",
        "rows": [
            (band_text(band), *((before.get((g, band.code)), after.get((g, band.code))) for g in ("female", "male")))
            for band in bands
        ],
        "total": counted_before,
        "lowest": newest.bands[0].age_from if newest else None,
        "surprising": bool(statistics and before and abs(total - counted_before) > _SURPRISING * counted_before),
        "errors": {"file": error} if error else {},
        "saved": "saved" in request.query_params,
    }
    return render(request, "registration/staff_population.html", context, status)
