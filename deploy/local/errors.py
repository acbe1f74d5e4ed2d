"""Errors of the local stack."""

from shared.refusal import Refusal


class StackError(Refusal):
    """Something the person at the terminal must do; its text is one line that says what."""
