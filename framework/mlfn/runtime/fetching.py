"""Assets that lie in S3, brought to where the model finds them before it is loaded: in parts, at once, verified.

No more than `WORKERS` parts are in memory at a time, however large an asset is.
"""

from __future__ import annotations

import os
from hashlib import sha256
from time import sleep

from mlfn.assets import fetched
from mlfn.errors import AssetError
from mlfn.runtime.http import ExchangeError
from mlfn.runtime.parts import Parts, close_all
from mlfn.runtime.s3 import code_of, get_range

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from mlfn.runtime.http import Answer, Connection

PART = 4 << 20
WORKERS = 8
TRIES = 4
_BLOCK = 1 << 20
_AGAIN = frozenset({429, 500, 502, 503, 504})
_PARTIAL = 206
_MORE = "Declare more: @model(ephemeral_storage_mb=…), at most 10,240."
_HINTS = {
    403: "Upload it, if it is not there: S3 tells that only who may list the bucket. Else deploy again "
    "(the role may read what the template names), or look at the bucket's policy and its key.",
    404: "Upload it, or correct the bucket, the key or the version in assets=.",
    416: "It is empty: upload it again.",
}


def fetch_assets(assets: list[dict[str, Any]], environ: Mapping[str, str]) -> None:
    """Have every asset of a manifest where it is declared to be.

    Raises:
        AssetError: S3 does not give one, it is not the one that was declared, or there is no room for it.
    """
    for each in assets:
        place = place_of(each, environ)
        os.makedirs(os.path.dirname(place), exist_ok=True)  # noqa: PTH103, PTH120 - pathlib costs a cold start 10 ms
        if not _is_there(place, each["sha256"]):
            _Fetch(each, place, environ).run()
        fetched[each["name"]] = place


def place_of(asset: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    """Where an asset belongs; /tmp is where the environment has its own."""
    temporary = environ.get("TMPDIR") or "/tmp"  # noqa: S108 - Lambda's own
    place: str = asset.get("to") or f"/tmp/assets/{asset['name']}"  # noqa: S108
    return temporary + place[4:] if place.startswith("/tmp/") else place  # noqa: S108


def _is_there(place: str, digest: str) -> bool:
    """Whether it came already: before a crash, or for another function that shares the place."""
    try:
        descriptor = os.open(place, os.O_RDONLY)
    except OSError:
        return False
    try:
        return _digest(descriptor, os.fstat(descriptor).st_size) == digest
    finally:
        os.close(descriptor)


def _digest(descriptor: int, size: int) -> str:
    found = sha256()
    _feed(found, descriptor, 0, size)
    return found.hexdigest()


def _feed(found: Any, descriptor: int, offset: int, end: int) -> None:
    while offset < end and (block := os.pread(descriptor, min(_BLOCK, end - offset), offset)):
        found.update(block)
        offset += len(block)


class _Fetch:
    """One asset on its way."""

    def __init__(self, asset: Mapping[str, Any], place: str, environ: Mapping[str, str]) -> None:
        self._asset = asset
        self._place = place
        self._environ = environ
        bucket, key = (_filled_in(asset[name], environ) for name in ("bucket", "key"))
        self._name = (bucket, key, asset.get("version") or "")
        self._uri = f"s3://{bucket}/{key}"

    def run(self) -> None:
        """Bring it; the file appears when it is whole and right."""
        draft = f"{self._place}.{os.getpid()}.part"
        descriptor = os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o644)
        try:
            self._fill(descriptor)
            os.rename(draft, self._place)  # noqa: PTH104
        except BaseException:
            os.unlink(draft)  # noqa: PTH108
            raise
        finally:
            os.close(descriptor)

    def _fill(self, descriptor: int) -> None:
        connections: dict[str, Connection] = {}
        try:
            answer = self._part(0, connections)
        finally:
            close_all(connections)
        size = int(answer.headers.get(b"content-range", b"").rpartition(b"/")[2] or len(answer.body))
        self._check_room(size)
        self._write(descriptor, answer.body, 0)

        def bring(offset: int, own: dict[str, Connection]) -> None:
            self._write(descriptor, self._part(offset, own).body, offset)

        found = sha256(answer.body)
        with Parts(range(len(answer.body), size, PART), bring, WORKERS) as parts:
            for offset in parts:  # in order, while later ones are on their way
                _feed(found, descriptor, offset, min(offset + PART, size))
        if found.hexdigest() != self._asset["sha256"]:
            raise AssetError(
                f"{self._uri} has the SHA-256 {found.hexdigest()}, and {self._asset['sha256']} was declared.",
                hint="Somebody has replaced it: find out who, or declare what it is now, and deploy again.",
            )

    def _part(self, offset: int, connections: dict[str, Connection]) -> Answer:
        for attempt in range(TRIES):
            last = attempt == TRIES - 1
            try:
                answer = get_range(self._name, offset, offset + PART - 1, self._environ, connections)
            except ExchangeError as error:
                if last:
                    raise AssetError(f"{self._uri}: {error}.", hint="Try again; S3 did not answer.") from error
            else:
                if answer.status == _PARTIAL:
                    return answer
                if last or answer.status not in _AGAIN:
                    hint = _HINTS.get(answer.status, "Look at the code.")
                    raise AssetError(f"{self._uri}: {code_of(answer)}.", hint=hint)
            sleep(0.1 * 2**attempt)
        raise AssertionError("the last try returns or raises")

    def _check_room(self, size: int) -> None:
        directory = os.path.dirname(self._place)  # noqa: PTH120
        volume = os.statvfs(directory)
        room = volume.f_bavail * volume.f_frsize
        if room < size:
            raise AssetError(
                f"{self._uri} takes {size / 1e6:.1f} MB, and {directory} has room for {room / 1e6:.1f} MB.", hint=_MORE
            )

    def _write(self, descriptor: int, body: bytes, offset: int) -> None:
        left = memoryview(body)
        try:
            while left:
                written = os.pwrite(descriptor, left, offset)
                left, offset = left[written:], offset + written
        except OSError as error:
            raise AssetError(f"{self._uri} does not fit into {self._place}: {error.strerror}.", hint=_MORE) from error


def _filled_in(text: str, environ: Mapping[str, str]) -> str:
    stage, region = environ.get("MLFN_STAGE", ""), environ.get("AWS_REGION", "")
    return text.replace("{stage}", stage).replace("{region}", region)
