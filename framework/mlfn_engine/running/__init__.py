"""Run an image on this machine, as it is."""
