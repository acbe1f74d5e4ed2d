"""The draw: quotas, chances, who is drawn, who replaces whom, and what the public may check.

`model` has the words; `solving.solve` makes the fairest lottery for a meeting, `solving.solve_open` the one for seats
that have fallen free. `commitment` makes what is published: `committed` before the draw, `public_file` and
`auditors_file` after it; `chances_of` and `paths` are each member's own. `services.meetings.verify` checks them all.
"""
