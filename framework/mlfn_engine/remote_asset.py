"""Weights too large for an image: where they are in S3, and where they go before a model is loaded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteAsset:
    """An S3 object that a model has on its disk before it is loaded."""

    bucket: str
    key: str
    """Both with {stage} and {region} where they differ."""
    version: str | None
    sha256: str
    size_bytes: int | None = None
    """As declared; None: nobody has said."""
    place: str | None
    """Where it is to be, absolute; None: `/tmp/assets/` and its name."""

    @property
    def name(self) -> str:
        """What `mlfn.assets.asset` knows it by."""
        return self.key.rpartition("/")[2]
