"""What is kept of a call beside its digests: its redacted input and result, in S3 before the record says so."""

from __future__ import annotations

from mlfn.errors import DataError
from mlfn.jsontext import decode, encode
from mlfn.runtime.hiding import hidden
from mlfn.runtime.redaction import Redaction
from mlfn.runtime.s3 import put_object
from mlfn.sha256 import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from mlfn.audit.codec import Wire
    from mlfn.runtime.manifest import Manifest
    from mlfn.runtime.recorder import Attempt

PAYLOADS = "payloads/"
"""Where in the data bucket all of them lie."""
BUDGET_S = 2.0
"""What the put before a response may take."""


def payload_prefix(model: str) -> str:
    """Where in the data bucket the payloads of a model's calls lie."""
    return f"{PAYLOADS}{model}/"


class LostError(Exception):
    """A payload that was to be kept is not: S3 did not take it."""


class Capture:
    """Keeps the payloads of one model's calls."""

    def __init__(self, manifest: Manifest, environ: Mapping[str, str], digest: Callable[[], Any]) -> None:
        self._manifest = manifest
        self._environ = environ
        self._digest = digest

    def is_wanted(self, invocation: str) -> bool:
        """Whether this call's are: the invocation's hash decides, so that a retry is decided the same way."""
        drawn = int.from_bytes(sha256(invocation.encode())[8:16], "big")
        return self._manifest.capture == "full" or drawn < self._manifest.share * 2**64

    def take(self, record: str, attempt: Attempt, sides: dict[str, bytes], limit_s: float) -> Wire:
        """Keep the JSON texts `input` and, if there is one, `output`; gives the fields that say where.

        Raises:
            LostError: they could not be kept.
        """
        bucket = self._environ.get("MLFN_DATA_BUCKET", "")
        day = attempt.t0[:10].replace("-", "")
        key = f"{payload_prefix(self._manifest.id)}{day}/{record}.json"
        about = {
            "record": record,
            "invocation": attempt.invocation,
            "model": self._manifest.id,
            "version": self._manifest.version,
        }
        try:
            body = hidden(encode({**about, **self._redacted(sides)})).encode("utf-8", "replace")
            put_object(bucket, key, body, self._environ, timeout_s=min(BUDGET_S, limit_s))
        except (DataError, RecursionError, ValueError) as error:
            raise LostError(str(error)) from error
        return {"pc": self._manifest.capture, "pp": f"s3://{bucket}/{key}"}

    def _redacted(self, sides: dict[str, bytes]) -> dict[str, Any]:
        plans = {"input": self._manifest.input, "output": self._manifest.output}
        return {
            name: Redaction(plans[name]["redact"], self._digest()).of(decode(body.decode()))
            for name, body in sides.items()
        }
