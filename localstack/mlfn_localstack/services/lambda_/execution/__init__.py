"""Running functions: images on disk, processes, the Runtime API, and pools of execution environments."""
