"""What the public may be told of a draw: counts of groups so large that none points at a person."""

#: Fewer in the pool than this are shown together with their neighbours.
SMALLEST = 5
