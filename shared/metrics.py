"""What a process tells Prometheus: counts, ages and times; never a person, an answer or an address."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.ext.asyncio import AsyncSession

#: By name, a number, or numbers by the label ``of``.
Figures = Mapping[str, float | Mapping[str, float]]
#: A service's own figures.
Gauges = Callable[[AsyncSession], Awaitable[Figures]]

#: What each figure of every service means, for readers of the page; names of a service's own figures say it.
_MEANINGS = {
    "database_answers": "1 when the database answers; figures that only it knows are missing otherwise",
    "outbox_events": "Events that wait in the outbox",
    "outbox_age_seconds": "Age of the oldest event in the outbox",
    "dead_letters_open": "Events that could not be handled and wait for staff",
    "dead_letters_expiring": "Open ones whose content goes soon",
    "dead_letters_lost": "Ones whose content has gone and that nobody has looked at",
    "lanes_stale": "Persons or things whose publisher, restored to an older state, goes on below what was applied",
    "subjects_waiting": "Persons or things whose later events wait behind a dead letter",
    "inbox_lag_events": "Records of a topic that this process has been given and has not stored yet",
    "inbox_stuck_seconds": "How long a batch has failed for reasons that are not the events' own",
    "events_removed_unread": "Records the broker removed before they were read, and that nobody has settled",
}
_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """One process's page for Prometheus; every figure says of which installation and service it is."""

    def __init__(self, prefix: str, service: str) -> None:
        self._registry = CollectorRegistry()
        self._of = {"prefix": prefix, "service": service}
        ProcessCollector(registry=self._registry)
        names = tuple(self._of)
        self._requests = Histogram(
            "panel_request_seconds", "Time to answer a request, by route",
            (*names, "method", "route", "status"), buckets=_BUCKETS, registry=self._registry,
        )  # fmt: skip
        self._done = Gauge(
            "panel_job_succeeded_at_seconds", "When a job last ended well, or its process began (Unix time)",
            (*names, "job"), registry=self._registry,
        )  # fmt: skip
        self._failed = Counter(
            "panel_job_failures", "Runs of a job that ended with an error", (*names, "job"), registry=self._registry
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note a request; ``route`` is the path's pattern, so that no token gets in."""
        self._requests.labels(**self._of, method=method, route=route, status=f"{status // 100}xx").observe(seconds)

    def job_begins(self, job: str) -> None:
        """From now on it is tried: one that never ends well is as silent as one that did once."""
        self._done.labels(**self._of, job=job).set_to_current_time()

    def job_ended(self, job: str, *, well: bool) -> None:
        """Note a run of a job."""
        if well:
            self._done.labels(**self._of, job=job).set_to_current_time()
        else:
            self._failed.labels(**self._of, job=job).inc()

    def page(self, figures: Figures) -> bytes:
        """The text for Prometheus, with ``figures`` of this moment."""
        moment = CollectorRegistry()
        moment.register(_Moment(self._of, figures))
        return generate_latest(self._registry) + generate_latest(moment)


class _Moment(Collector):
    def __init__(self, of: Mapping[str, str], figures: Figures) -> None:
        self._of = of
        self._figures = figures

    def collect(self) -> Iterable[GaugeMetricFamily]:
        for name, value in self._figures.items():
            labels = [*self._of, "of"] if isinstance(value, Mapping) else [*self._of]
            family = GaugeMetricFamily(f"panel_{name}", _MEANINGS.get(name, name.replace("_", " ")), labels=labels)
            for of, number in value.items() if isinstance(value, Mapping) else [("", value)]:
                family.add_metric([*self._of.values(), of][: len(labels)], number)
            yield family


def counted(**columns: sa.SQLColumnExpression[object]) -> Gauges:
    """Figures of rows by what ``columns`` hold: ``counted(members=Member.status)`` gives ``members`` by status."""

    async def count(session: AsyncSession) -> Figures:
        figures = {}
        for name, column in columns.items():
            rows = await session.execute(sa.select(column, sa.func.count()).where(column.is_not(None)).group_by(column))
            figures[name] = {str(value): float(number) for value, number in rows}
        return figures

    return count
