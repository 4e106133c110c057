"""Batch pipelines: a run over the lines of an object that was uploaded, and what became of each line."""

from __future__ import annotations

from mlfn.errors import DataError
from mlfn.jsontext import decode, encode
from mlfn.runtime.aws import AwsError
from mlfn.runtime.blob_home import BlobHome, is_digest
from mlfn.runtime.http import ExchangeError
from mlfn.runtime.refusal import CONTRACT, VALUE, Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mlfn.ingress.executions import Executions, Outcome

AT_ONCE, MOST_AT_ONCE = 40, 1_000
_COUNTED = ("total", "pending", "running", "succeeded", "failed", "timedOut", "aborted")


def batch_input(body: bytes, home: BlobHome) -> bytes:
    """The input of a run over the lines that a caller names.

    Raises:
        Refusal: there are no such lines.
    """
    told = decode(body.decode())
    lines, at_once = (told.get("lines"), told.get("at_once", AT_ONCE)) if isinstance(told, dict) else (None, 0)
    if not isinstance(lines, dict) or not is_digest(lines.get("digest")) or not isinstance(lines.get("at"), str):
        raise Refusal(CONTRACT, "A batch is called with lines, a blob of JSON Lines that was uploaded (…/blobs).")
    if type(at_once) is not int or not 1 <= at_once <= MOST_AT_ONCE:
        raise Refusal(CONTRACT, f"at_once takes a number from 1 to {MOST_AT_ONCE}.")
    try:
        is_there = home.download(lines["at"], lines["digest"]) is not None
    except DataError as error:
        raise Refusal(VALUE, f"The lines cannot be had: {error.message}", status=503) from error
    if not is_there:
        raise Refusal(CONTRACT, "There are no such lines; upload them first (…/blobs).")
    bucket, key = home.place(lines["at"])
    return encode({"bucket": bucket, "key": key, "results": f"{key}-results", "at_once": at_once}).encode()


def batch_progress(
    outcome: Outcome, execution: str, executions: Executions, home: BlobHome, timeout_s: float
) -> dict[str, Any]:
    """How far a run is: lines by what became of them, and once it has ended, where the results are.

    Raises:
        AwsError, ExchangeError, DataError: nobody says.
    """
    told: dict[str, Any] = {"lines": executions.counts(execution, _COUNTED, timeout_s=timeout_s)}
    if outcome.status == "SUCCEEDED":
        told["results"] = _results(decode(outcome.output or "null"), home)
    return told


def _results(output: dict[str, Any], home: BlobHome) -> list[dict[str, Any]]:
    """The files of results; they hold `Input` (its `line`), `Output` or `Error` and `Cause` of each line."""
    manifest = decode(home.read(output["ResultWriterDetails"]["Key"]).decode())
    return [
        {"status": status, "size": file["Size"], "url": home.url(file["Key"])}
        for status, files in manifest["ResultFiles"].items()
        for file in files
    ]


UNKNOWN = (AwsError, ExchangeError, DataError)
"""What asking may end with."""
