"""The draw: quotas, chances, who is drawn, who replaces whom, and what the public may check.

`model` has the words; `solving.solve` makes the fairest lottery, `solving.quotas_in_reach` the quotas of free seats.
`commitment` makes what is published: `committed` before the draw, `public_file` and
`auditors_file` after it; `chances_of` and `paths` are each member's own. `services.meetings.verify` checks them all.
"""
