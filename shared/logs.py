"""Structured logs: one JSON object a line, ids only.

A log event is named ``<service>.<thing>.<past>``; names, addresses, answers and tokens never go in. What an exception
says is never written either: a database's DETAIL and a library's message may quote the row. Its type, SQL state,
constraint and places in the code are.
"""

import logging
import sys
import time
from types import TracebackType

import structlog
from structlog.typing import EventDict

from shared.causes import causes
from shared.trace import traceparent

#: Places in our own code that a failure names.
_PLACES = 6
#: Longest text of a foreign library: texts without a call, argument or exception are short.
_LONGEST_TEXT = 200


class _OnePerOutage(logging.Filter):
    """Lets one record through when a noisy client starts complaining and swallows the rest of the outage.

    aiokafka writes about twenty lines a second and client while the broker is away; the relay and the consumers log
    their own ``messaging.relay.waits`` and ``messaging.relay.went_on``.
    """

    def __init__(self, quiet_seconds: float = 10.0) -> None:
        super().__init__()
        self._quiet = quiet_seconds
        self._last = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        previous, self._last = self._last, time.monotonic()
        return self._last - previous > self._quiet


def what_and_where(error: BaseException) -> list[str]:
    """An exception and its causes without their texts: ``Type[sqlstate constraint] at file:line < its caller``."""
    return [_one_cause(link) for link in causes(error)]


def _one_cause(error: BaseException) -> str:
    marks = [str(getattr(error, name)) for name in ("sqlstate", "constraint_name") if getattr(error, name, None)]
    frames: list[tuple[str, int]] = []
    trace = error.__traceback__
    while trace is not None:
        frames.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    # Where it was raised, and the way there through our own code; libraries in between tell nothing.
    frames_shown = [*[frame for frame in frames[:-1] if "/lib/python" not in frame[0]][-_PLACES:], *frames[-1:]]
    places = [f"{'/'.join(file.rsplit('/', 3)[1:])}:{line}" for file, line in reversed(frames_shown)]
    known_marks = f"[{' '.join(marks)}]" if marks else ""
    where = f" at {' < '.join(places)}" if places else ""
    return f"{type(error).__name__}{known_marks}{where}"


def _exceptions_without_texts(_: object, __: str, event: EventDict) -> EventDict:
    info = event.pop("exc_info", None)
    event.pop("stack_info", None)
    error: object = None
    if isinstance(info, BaseException):
        error = info
    elif isinstance(info, tuple):
        error = info[1]
    elif info:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["failure"] = what_and_where(error)
    return event


def _trace(_: object, __: str, event: EventDict) -> EventDict:
    """The trace of the work in hand, from the page through the events that follow to their handlers."""
    if (parent := traceparent.get()) is not None:
        event["trace_id"] = parent.split("-")[1]
    return event


def _one_line(_: object, __: str, event: EventDict) -> EventDict:
    """Keep texts on one line, so that a log line cannot be forged."""
    return {key: value.replace("\n", "\\n") if isinstance(value, str) else value for key, value in event.items()}


def _foreign_text(_: object, __: str, event: EventDict) -> EventDict:
    """The head of another library's text: exceptions and arguments that it quotes come after it.

    asyncio quotes tasks, callbacks and their exceptions; Starlette hands whole tracebacks to uvicorn as texts.
    """
    record = event.get("_record")
    text = str(event.get("event", ""))
    first = text.splitlines()[0] if text else ""
    if record is not None and record.name == "asyncio":
        first = first.partition("(")[0].partition("<")[0]
    event["event"] = first[:_LONGEST_TEXT]
    if record is not None:
        event["logger"] = record.name
    return event


def configure_logs(service: str) -> None:
    """Send structlog and the standard library's logging to stdout as JSON lines that name the service."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _trace,
        _exceptions_without_texts,
        _one_line,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_foreign_text, *shared],
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
    sys.excepthook = _last_words


def _last_words(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    structlog.get_logger().critical("service.process.failed", failure=what_and_where(error))
