"""`mlfn audit`: who called which version, when, on which data, with what result."""

from __future__ import annotations
