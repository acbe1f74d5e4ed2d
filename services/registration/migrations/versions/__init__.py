"""Migrations of the schema ``registration``."""
