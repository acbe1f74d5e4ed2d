"""Questionnaires: what a file may say, which files are shipped, and the JSON Schema others can check theirs against."""
