"""What a function needs of Python packages: declared, locked for its platform, and what its base has already."""
