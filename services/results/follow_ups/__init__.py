"""You said, we did: what a result, a meeting or a suggestion led to."""
