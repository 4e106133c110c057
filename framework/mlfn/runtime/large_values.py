"""Where large values are between the steps of a pipeline: in the stage's data bucket, under their app's prefix."""

from __future__ import annotations

from os import environ, urandom
from time import sleep, time

from mlfn import data
from mlfn.audit.codec import base64url
from mlfn.errors import DataError
from mlfn.runtime.refusal import VALUE, Refusal
from mlfn.runtime.s3 import TIMEOUT_S, get_object, put_object
from mlfn.runtime.spilling import resolved, spilled
from mlfn.sha256 import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    from mlfn.runtime.http import Connection
    from mlfn.runtime.manifest import Manifest
    from mlfn.runtime.recorder import Attempt, Recorder

    T = TypeVar("T")
    R = TypeVar("R")
    Connections = dict[str, Connection]

VALUES = "values/"
"""Where in the data bucket all of them lie."""
CALLS = "calls/"
"""Where in the data bucket the inputs and answers of models lie that a call has no room for."""
DIGEST_HEADER = "x-amz-meta-mlfn-sha256"
"""Who asks for an object by its digest is told by it."""
_JSON = {"content-type": "application/json"}
_PAUSES_S = (0.1, 0.4)
_AT_ONCE = 16
_RESERVE_S = 0.2


def values_prefix(app: str) -> str:
    """Where in the data bucket the large values of an app lie."""
    return f"{VALUES}{app}/"


def calls_prefix(model: str) -> str:
    """Where in the data bucket a model's lie."""
    return f"{CALLS}{model}/"


def departing(body: bytes, room: tuple[int, Any], attempt: Attempt, recorder: Recorder) -> bytes:
    """A value as it travels, `room` being its bytes and what has to stay.

    Raises:
        Refusal: it cannot be kept, or too much of it has to stay.
    """
    return spilled(body, *room, _store(attempt.manifest, attempt.deadline_s, recorder).keep)


def arrived(body: bytes, attempt: Attempt, recorder: Recorder) -> bytes:
    """A value as it was before it travelled.

    Raises:
        Refusal: a part of it cannot be had.
    """
    return arrived_until(body, attempt.manifest, attempt.deadline_s, recorder)


def arrived_until(body: bytes, manifest: Manifest, deadline_s: float, recorder: Recorder) -> bytes:
    """The same outside of a call that is recorded."""
    try:
        return resolved(body, _store(manifest, deadline_s, recorder).fetch)
    except (ValueError, RecursionError):
        return body  # not JSON: the contract says what is wrong


def _store(manifest: Manifest, deadline_s: float, recorder: Recorder) -> LargeValues:
    limit_s = deadline_s - time() - _RESERVE_S if deadline_s else TIMEOUT_S
    return LargeValues(manifest.app, environ, recorder, max(limit_s, 0.1))


class LargeValues:
    """Keeps and fetches the large values of one call.

    A reference is the content's SHA-256, its size and, where digests have a key, its name: names are what records
    tell of, so they are digests under the data key, as `ih` and `oh` are. The reader goes by the SHA-256.
    """

    def __init__(self, app: str, environment: Mapping[str, str], recorder: Recorder, limit_s: float) -> None:
        self._prefix = values_prefix(app)
        self._environ = environment
        self._bucket = environment.get("MLFN_DATA_BUCKET", "")
        self._recorder = recorder
        self._limit_s = limit_s

    def keep(self, texts: list[bytes]) -> list[str]:
        """References to JSON texts, which are then in S3.

        Raises:
            Refusal: S3 does not take one.
        """
        return _each(self._keep, texts)

    def fetch(self, references: list[str]) -> list[bytes]:
        """What references refer to, each held to its digest.

        Raises:
            Refusal: one is not there, or is not what was kept.
        """
        return _each(self._fetch, references)

    def _keep(self, text: bytes, connections: Connections) -> str:
        digest = sha256(text)
        plain, headers = base64url(digest), {**_JSON, DIGEST_HEADER: digest.hex()}
        name = self._recorder.output(text).get("oh") or base64url(urandom(32))
        self._tell(name)

        def put() -> None:
            key = self._prefix + name
            limit_s = self._limit_s
            put_object(
                self._bucket, key, text, self._environ, timeout_s=limit_s, connections=connections, headers=headers
            )

        _tried(put, "A value that is too large for a state could not be kept")
        return f"{plain}.{len(text)}" if name == plain else f"{plain}.{len(text)}.{name}"

    def _fetch(self, reference: str, connections: Connections) -> bytes:
        digest, _, rest = reference.partition(".")
        name = rest.partition(".")[2] or digest
        if not NAME.issuperset(name):
            raise Refusal(VALUE, "A reference to a large value is not one of ours.", status=502)
        self._tell(name)

        def get() -> bytes:
            key, limit_s = self._prefix + name, self._limit_s
            return get_object(self._bucket, key, None, self._environ, connections=connections, timeout_s=limit_s).body

        body = _tried(get, "A large value cannot be had")
        if base64url(sha256(body)) != digest:
            raise Refusal(VALUE, "A large value is not what was kept: its digest differs.", status=502)
        return body

    def _tell(self, name: str) -> None:
        data.opened[f"{self._bucket}/{self._prefix}{name}"] = None


NAME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def _tried(action: Callable[[], R], what: str) -> R:
    """What `action` gives, tried three times."""
    problem: DataError | None = None
    for pause_s in (*_PAUSES_S, None):
        try:
            return action()
        except DataError as error:
            problem = error
            if pause_s is not None:
                sleep(pause_s)
    raise Refusal(VALUE, f"{what}: {problem}", status=503) from problem


def _each(action: Callable[[T, Connections], R], items: list[T]) -> list[R]:
    """What `action` gives for each item; many at the same time, over connections that are kept."""
    if len(items) <= 2:
        return [action(each, _kept) for each in items]
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - 15 ms that only many values are worth
    from threading import local  # noqa: PLC0415

    own: Any = local()

    def one(item: T) -> R:
        if not hasattr(own, "connections"):
            own.connections = {}
        return action(item, own.connections)

    with ThreadPoolExecutor(min(_AT_ONCE, len(items))) as pool:
        return list(pool.map(one, items))


_kept: Connections = {}
