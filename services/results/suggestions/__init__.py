"""Matters residents raise: by form, by letter, triaged and answered."""
