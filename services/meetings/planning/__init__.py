"""Staff plan a meeting: create, change, set quotas, draw, cancel."""
