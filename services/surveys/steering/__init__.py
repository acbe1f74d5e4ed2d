"""Steering: what staff do to a survey that has opened, from a pause to opening it again."""
