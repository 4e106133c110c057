"""What a function's runtime has to know, as the manifest in its image tells it."""
