"""Migrations of the schema ``meetings``."""
