"""Which failures pass by themselves: a state too few buries events in an outage, one too many waits for ever."""

import asyncpg
import pytest
import sqlalchemy.exc

from shared.causes import causes
from shared.messaging import PermanentError
from shared.messaging.transient import is_transient


def of_state(state: str) -> Exception:
    """What the driver raises for a SQL state, as SQLAlchemy hands it on."""
    error = asyncpg.PostgresError.new({"C": state, "M": "text"})
    return sqlalchemy.exc.DBAPIError("select", None, error)


@pytest.mark.parametrize(
    "state",
    [
        "40001",
        "40P01",
        "55P03",
        "25006",
        "25P03",
        "57P01",
        "57P02",
        "57P03",
        "57014",
        "08006",
        "53100",
        "53300",
        "58030",
    ],
)
def test_the_databases_own_trouble_passes(state: str) -> None:
    assert is_transient(of_state(state))


@pytest.mark.parametrize("state", ["23505", "23502", "22001", "22P02", "42P01", "42703", "40002", "21000", "P0001"])
def test_what_the_event_itself_causes_does_not(state: str) -> None:
    assert not is_transient(of_state(state))


def test_a_cause_far_down_counts_and_a_verdict_of_our_own_wins() -> None:
    deep = RuntimeError("outer")
    deep.__cause__ = ExceptionGroup("many", [ValueError("one"), ConnectionResetError()])
    assert is_transient(deep)
    permanent = PermanentError()
    permanent.__cause__ = ConnectionResetError()
    assert not is_transient(permanent)


def test_causes_are_walked_once_though_they_form_a_circle() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__context__ = second, first
    assert list(causes(first)) == [first, second]
    # Causes behind a link that was seen before are walked all the same.
    third = ValueError("third")
    second.__cause__, second.__context__, second.__suppress_context__ = first, third, False
    assert list(causes(first)) == [first, second, third]
    hidden = ValueError("hidden")
    failure = ValueError("shown")
    failure.__context__, failure.__suppress_context__ = hidden, True
    assert list(causes(failure)) == [failure]


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (sqlalchemy.exc.DBAPIError("select", None, Exception(), connection_invalidated=True), True),
        (sqlalchemy.exc.DBAPIError("select", None, Exception()), False),
        (asyncpg.InterfaceError("cannot perform operation: connection is closed"), True),
        (asyncpg.InterfaceError("the server expects 2 arguments, 1 was passed"), False),
        (ValueError("no connection"), False),
        (sqlalchemy.exc.TimeoutError(), True),
        (TimeoutError(), True),
        (ConnectionRefusedError(), True),
    ],
)
def test_a_connection_that_is_gone_comes_back(error: Exception, passes: bool) -> None:
    assert is_transient(error) is passes
