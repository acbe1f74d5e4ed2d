"""What the launcher tells a person when it cannot go on."""


class StackError(Exception):
    """One line that says what is wrong and what to do about it."""
