"""Joining: the form, double opt-in, and what a confirmed join changes."""
