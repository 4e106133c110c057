"""Assets in S3: `s3://bucket/key[?versionId=…]#sha256=…[&to=/tmp/…]`."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from mlfn_engine.remote_asset import RemoteAsset

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn_engine.declarations.declared import Options

SCHEME = "s3://"
_FILLED_IN = r"\{(?:stage|region)\}"
_NAME = re.compile(
    rf"s3://(?P<bucket>(?:[a-z0-9.-]|{_FILLED_IN})+)/(?P<key>(?:[^{{}}$*?#\s]|{_FILLED_IN})*[^/{{}}$*?#\s])"
    r"(?:\?versionId=(?P<version>[A-Za-z0-9._-]+))?"
    r"#sha256=(?P<sha256>[0-9a-f]{64})"
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
            "&to=/tmp/… or /mnt/… after it says where it is to be.",
        )
        return None
    return RemoteAsset(
        bucket=match["bucket"],
        key=match["key"],
        version=match["version"],
        sha256=match["sha256"],
        place=match["place"],
    )
