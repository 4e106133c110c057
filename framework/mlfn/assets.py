"""`asset`: where a declared asset is, be it in the image or one that came from S3 when the environment started."""

from __future__ import annotations

from os import environ, getcwd
from os.path import exists

from mlfn.errors import AssetError

fetched: dict[str, str] = {}
"""Where those from S3 are, by name."""


def asset(name: str) -> str:
    """The path of an asset: `name` is its path in the project, or the last part of the key of an S3 object.

    Outside a deployed function, S3 objects are looked for in the directory `MLFN_ASSETS`.

    Raises:
        AssetError: there is no such asset here.
    """
    if name in fetched:
        return fetched[name]
    own = environ.get("LAMBDA_TASK_ROOT") or getcwd()  # noqa: PTH109 - pathlib costs a cold start 10 ms
    for directory in (own, environ.get("MLFN_ASSETS") or own):
        if exists(path := f"{directory}/{name}"):  # noqa: PTH110 - as above
            return path
    raise AssetError(
        f"There is no asset {name!r} here.",
        hint="Name it in the model's assets=; for tests, put what is in S3 into a directory that MLFN_ASSETS names.",
    )
