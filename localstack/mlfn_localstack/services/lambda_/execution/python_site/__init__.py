"""What Python functions have beside AWS's own packages."""
