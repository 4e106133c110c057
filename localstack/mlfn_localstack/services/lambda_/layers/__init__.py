"""Layers: archives that functions get under /opt."""
