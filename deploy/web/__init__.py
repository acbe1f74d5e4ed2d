"""The gateway's static files: front-end packages from npm and our own, in one folder named by their content."""
