"""Migrations of the schema ``results``."""
