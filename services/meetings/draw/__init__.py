"""The draw: quotas, chances, who is drawn, who replaces whom, and what the public may check.

`model` has the words; `solving.solve` makes the fairest lottery for a meeting, `solving.solve_open` the one for seats
that have fallen free. `commitment` makes what is published: `committed` before the draw, `auditors_file`, `public_file`
and each member's of `proofs` after it; `drawn_ids` are the people. `services.meetings.verify` checks all of these.
The service solves its draws here (`seats/lottery.py`), but publishes them in a form of its own (docs/draw.md).
"""
