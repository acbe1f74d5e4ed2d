"""A made-up resident who joins and leaves again, once an hour: docs/decisions/0031-a-synthetic-resident.md.

``domain.py`` and ``admitting.py`` are the service's side; ``walking.py`` and ``__main__.py`` a visitor's, who knows
pages and a mailbox alone.
"""
