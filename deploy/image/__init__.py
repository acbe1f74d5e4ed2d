"""The container image: what goes into it, its bill of materials, and the command that builds it."""
