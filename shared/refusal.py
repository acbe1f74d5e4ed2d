"""What an operator must change before it goes on."""


class Refusal(Exception):
    """Its text is one line: what is wrong, where, and what to do. Never a password."""
