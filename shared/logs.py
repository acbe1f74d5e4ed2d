"""Structured logs: one JSON object a line, ids only.

A log event is named ``<service>.<thing>.<past>``; names, addresses, answers and tokens never go in.
"""

import logging
import sys
import time
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog


class _OnePerOutage(logging.Filter):
    """Lets one record through when a noisy client starts complaining and swallows the rest of the outage.

    aiokafka writes about twenty lines a second and client while the broker is away; the relay and the consumers log
    their own ``messaging.broker.lost`` and ``messaging.broker.found``.
    """

    def __init__(self, quiet_seconds: float = 10.0) -> None:
        super().__init__()
        self._quiet = quiet_seconds
        self._last = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        previous, self._last = self._last, time.monotonic()
        return self._last - previous > self._quiet


def _one_line(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Keep foreign libraries' multi-line texts on one line, so that a log line cannot be forged."""
    return {key: value.replace("\n", "\\n") if isinstance(value, str) else value for key, value in event.items()}


def configure_logs(service: str, level: int = logging.INFO) -> None:
    """Send structlog and the standard library's logging to stdout as JSON lines that name the service."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _one_line,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    outage = _OnePerOutage()
    handler.addFilter(lambda record: not record.name.startswith("aiokafka") or outage.filter(record))
