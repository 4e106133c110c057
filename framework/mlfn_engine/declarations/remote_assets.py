"""Assets in S3: `s3://bucket/key[?versionId=…]#sha256=…[&bytes=…][&to=/tmp/…]`."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from mlfn_engine.remote_asset import RemoteAsset

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn_engine.declarations.declared import Options
    from mlfn_engine.values import Resources

SCHEME = "s3://"
MOST_MB = 10_240
SPARE_MB = 64
"""For what a model itself writes there."""
_FILLED_IN = r"\{(?:stage|region)\}"
_NAME = re.compile(
    rf"s3://(?P<bucket>(?:[a-z0-9.-]|{_FILLED_IN})+)/(?P<key>(?:[^{{}}$*?#\s]|{_FILLED_IN})*[^/{{}}$*?#\s])"
    r"(?:\?versionId=(?P<version>[A-Za-z0-9._-]+))?"
    r"#sha256=(?P<sha256>[0-9a-f]{64})"
    r"(?:&bytes=(?P<size>[1-9]\d{0,13}))?"
    r"(?:&to=(?P<place>/(?:tmp|mnt)/[A-Za-z0-9._/-]*[A-Za-z0-9_-]))?"
)


def remote_assets(names: Iterable[str], options: Options) -> tuple[RemoteAsset, ...]:
    """The S3 objects among a model's assets; what is wrong with them is noted."""
    found = [asset for name in names if name.startswith(SCHEME) and (asset := _parsed(name, options)) is not None]
    for name, count in Counter(asset.name for asset in found).items():
        if count > 1:
            options.notebook.note(
                f"{options.subject} has {count} assets that are called {name!r}.",
                "Give the objects different names: mlfn.assets.asset finds each by the last part of its key.",
            )
    return tuple(found)


def _parsed(name: str, options: Options) -> RemoteAsset | None:
    match = _NAME.fullmatch(name)
    if match is None or ".." in (match["place"] or "").split("/"):
        options.notebook.note(
            f"{options.subject} has the asset {name!r}, which names no S3 object by its digest.",
            "Write s3://bucket/key#sha256=DIGEST, DIGEST being what sha256sum prints of the file; "
            "&bytes=… after it says how large it is, and &to=/tmp/… or /mnt/… at the end where it is to be.",
        )
        return None
    return RemoteAsset(
        bucket=match["bucket"],
        key=match["key"],
        version=match["version"],
        sha256=match["sha256"],
        size_bytes=int(match["size"]) if match["size"] else None,
        place=match["place"],
    )


def check_room(assets: Iterable[RemoteAsset], resources: Resources, options: Options) -> None:
    """Note where a function's /tmp cannot hold its assets, as far as their sizes are declared."""
    held = sum(each.size_bytes or 0 for each in assets if not (each.place or "").startswith("/mnt/"))
    if held > resources.ephemeral_storage_mb << 20:
        needed_mb = -(-held >> 20)
        options.notebook.note(
            f"{options.subject} brings assets of {needed_mb:,} MB into /tmp, which has "
            f"{resources.ephemeral_storage_mb:,} MB.",
            f"Write ephemeral_storage_mb={needed_mb + SPARE_MB}."
            if needed_mb + SPARE_MB <= MOST_MB
            else f"Lambda gives {MOST_MB:,} MB at most: put them on a mounted file system, &to=/mnt/….",
        )
