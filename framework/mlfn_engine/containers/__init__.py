"""Models as containers that serve HTTP: what a project says of them, and where one cannot be one."""
