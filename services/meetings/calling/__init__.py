"""Calls for volunteers: before a draw, members are asked whether to be in it."""
