"""The draw: quotas, chances, who is drawn, who replaces whom, and what the public may check.

`model` has the words; `solving.solve` makes the fairest lottery for a meeting, `solving.solve_open` the one for seats
that have fallen free. `domain` is the draw before it, until meetings has changed over; docs/decisions/0005.
"""
