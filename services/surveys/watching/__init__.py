"""Watching: how each page of a survey goes, and the staff page that keeps itself up to date."""
