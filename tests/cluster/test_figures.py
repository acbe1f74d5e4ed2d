"""Every service's own figures, from its real tables."""

from collections.abc import Awaitable, Callable

import pytest

from services.surveys.tables import Threshold
from shared.cli import load_service
from shared.metrics import counted
from shared.service import Runtime
from shared.services import SERVICES
from tests.cluster.test_chart_alerts import PROMTOOL, promtool

RuntimeOf = Callable[..., Awaitable[Runtime]]


@pytest.mark.parametrize("service", SERVICES)
async def test_every_service_counts_its_own(service: str, runtime_of: RuntimeOf) -> None:
    runtime = await runtime_of(service)
    gauges = load_service(service).gauges
    assert gauges is not None
    async with runtime.transaction() as session:
        figures = await gauges(session)
    assert len(figures) == (2 if service == "meetings" else 1), "meetings also says how far a draw is"
    page = runtime.metrics.page({**figures, "outbox_events": 1.0, "inbox_lag_events": {"surveys": 2.0}}).decode()
    assert f'panel_inbox_lag_events{{of="surveys",prefix="panel",service="{service}"}} 2.0' in page
    if PROMTOOL.exists():
        result = promtool("check", "metrics", text=page)
        assert result.returncode == 0, result.stdout + result.stderr


async def test_rows_are_counted_by_what_a_column_holds(runtime_of: RuntimeOf) -> None:
    runtime = await runtime_of("surveys")
    async with runtime.transaction() as session:
        figures = await counted(nothing=next(iter(Threshold.__table__.c)))(session)
    assert figures == {"nothing": {}}
