"""Staff pages of the panel as a whole: composition, thresholds, area figures."""

from typing import Annotated

import sqlalchemy as sa
from pydantic import BaseModel, Field

from services.registration.admitting import reach_thresholds
from services.registration.population import store
from services.registration.population.domain import advice, attribution, band_text, shares_by
from services.registration.tables import Panel, Threshold
from shared.events.registration import AgeBand, PanelThresholdSet
from shared.ids import new_id
from shared.messaging import emit, lock
from shared.web import Request, Response, render, runtime, see_other, translate
from shared.web.charts import panel_against_population
from shared.web.forms import read_form, validate
from shared.web.staff import audit, staff_required

#: Members who told the same, below which no number is shown.
FEWEST_SHOWN = 5


@staff_required("reader")
async def show_panel(request: Request) -> Response:
    """The panel against goal and population: counts, shares, target, difference, index, advice."""
    texts = translate(request)
    async with runtime(request).transaction() as session:
        panel = await store.composition(session)
        newest = await store.newest_margins(session)
        areas = store.areas_of(await store.newest_scheme(session))
        own_answers = await store.own_answers(session)
    bands = {band.code: band for band in map(AgeBand.model_validate, newest.bands if newest else ())}
    names = {code: band_text(band) for code, band in bands.items()}
    rows = [(names[code], mine, all_) for code, (mine, all_) in shares_by(panel.cells, "band").items()]
    finding = "Panelet mot befolkningen etter alder" + (" – noen grupper mangler" if panel.most_missing else "")
    context = {
        "composition": panel,
        "cells": sorted(panel.cells, key=lambda cell: (cell.gender, bands[cell.band].age_from)),
        "names": names,
        "outside": panel.size - sum(cell.members for cell in panel.cells),
        "goal": runtime(request).profile.goal_size,
        "missing": advice(panel, runtime(request).profile.minimum_age, texts.gettext),
        "attribution": attribution(newest.year, texts.gettext) if newest else "",
        "no_population": newest is None,
        "lowest": newest.bands[0].age_from if newest else runtime(request).profile.minimum_age,
        "area_source": areas.source,
        "told": own_answers,
        "fewest": FEWEST_SHOWN,
        "picture": panel_against_population(finding, "Søylen er panelet, streken er befolkningen", rows, texts),
    }
    return render(request, "registration/staff.html", context)


class ThresholdInput(BaseModel):
    """A new threshold."""

    size: Annotated[int, Field(ge=1, le=100_000)]


@staff_required("reader")
async def show_thresholds(request: Request) -> Response:
    """Announced sizes, and when each was reached."""
    return await _thresholds(request, {}, {}, 200)


async def _thresholds(request: Request, form: dict[str, object], errors: dict[str, str], status: int) -> Response:
    async with runtime(request).transaction() as session:
        rows = (await session.scalars(sa.select(Threshold).order_by(Threshold.size))).all()
        size = await session.scalar(sa.select(Panel.size)) or 0
    context = {"rows": rows, "size": size, "form": form, "errors": errors}
    return render(request, "registration/staff_thresholds.html", context, status)


@staff_required("editor")
async def add_threshold(request: Request) -> Response:
    """Announce a size; one that the panel has passed already is reached at once."""
    rt = runtime(request)
    form = await read_form(request)
    messages = {"size": "Antall medlemmer må være et helt tall fra 1 til 100 000"}
    values, errors = validate(ThresholdInput, form, messages, str)
    if values is None:
        return await _thresholds(request, form.values(), errors, 422)
    async with rt.transaction() as session:
        size = await session.scalar(sa.select(Panel.size).with_for_update()) or 0
        if await session.scalar(sa.select(Threshold.id).where(Threshold.size == values.size)) is not None:
            exists = True
        else:
            exists, threshold_id = False, new_id()
            session.add(Threshold(id=threshold_id, size=values.size, role="other"))
            await lock(session, threshold_id)
            await emit(session, PanelThresholdSet(threshold_id=threshold_id, size=values.size, role="other"))
            await reach_thresholds(session, size, rt.now())
            await audit(session, request, "registration.threshold.set", threshold_id, size=values.size)
    if exists:
        return await _thresholds(request, form.values(), {"size": "Denne terskelen finnes fra før"}, 422)
    return see_other("/staff/registration/thresholds?saved=1")
