"""Mutation testing: one line of the product changed at a time, and the closest tests run."""
