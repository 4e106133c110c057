"""Pipelines as pictures: shapes and arrows, and the formats that show them."""
