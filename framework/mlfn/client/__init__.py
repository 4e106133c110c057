"""Calling deployed models and pipelines from a program of one's own: `mlfn.Client`."""

from __future__ import annotations

from mlfn.client.calling import Client
from mlfn.client.runs import Run

__all__ = ["Client", "Run"]
