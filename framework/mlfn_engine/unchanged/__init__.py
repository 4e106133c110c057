"""Whether anything has changed since the last build, told without importing the project."""
