"""How the system is run: the local stack, the container image, the cluster's topics and roles."""
