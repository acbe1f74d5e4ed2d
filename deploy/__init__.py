"""How the system is run: the local stack, topics and rights, the gateway's configuration and static files."""
