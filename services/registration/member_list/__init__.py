"""Members as staff see them: a list without names, a look-up that leaves a trace, one person."""
