"""Fieldwork: a survey from plan to release, and what staff see of it."""
