"""The loop: start once, then next event, model, response, record, next event."""

from __future__ import annotations

import gc
import sys
from os import environ, getcwd

from mlfn.runtime import answers
from mlfn.runtime.api import RuntimeApi
from mlfn.runtime.http import ExchangeError
from mlfn.runtime.log import Log
from mlfn.runtime.manifest import ManifestError, read_manifest
from mlfn.runtime.recorder import Recorder
from mlfn.runtime.stack import InitError, envelope, error_body, report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn, Protocol

    from mlfn.runtime.api import Invocation
    from mlfn.runtime.manifest import Manifest

    class Handling(Protocol):
        """What an image does with an event: answer it, then tidy up before the next."""

        def handle(self, invocation: Invocation, respond: Callable[[bytes, str | None], int]) -> None:
            """Answer `invocation` by calling `respond(payload, error type or None)` once."""


def main() -> NoReturn:
    """Run the image whose manifest is in `LAMBDA_TASK_ROOT`, until Lambda ends the process; elsewhere serve HTTP."""
    if "AWS_LAMBDA_RUNTIME_API" not in environ:
        from mlfn.serving.front import serve_forever  # noqa: PLC0415 - asyncio costs a cold start 40 ms

        serve_forever()
    gc.disable()  # nothing that starting makes is garbage
    api = RuntimeApi(environ["AWS_LAMBDA_RUNTIME_API"])
    log = Log()
    log.take_stdout()
    try:
        handling = start(log)
    except InitError as error:
        log.flush()
        report(log, error.body)
        api.fail_init(answers.to_json(error.body), error.body["errorType"])
        sys.exit(1)
    gc.freeze()
    gc.enable()
    while True:
        serve(api, log, handling)


def serve(api: RuntimeApi, log: Log, handling: Handling) -> None:
    """Take one event and answer it."""
    invocation = api.next()
    if invocation.trace:
        environ["_X_AMZN_TRACE_ID"] = invocation.trace

    def respond(payload: bytes, error_type: str | None) -> int:
        try:
            if error_type is None:
                return api.respond(invocation.invocation_id, payload)
            return api.fail(invocation.invocation_id, payload, error_type)
        except ExchangeError:
            return 0  # Lambda is gone; the record is still to be put, and asking for the next event ends the process

    handling.handle(invocation, respond)
    log.flush()


def start(log: Log) -> Handling:
    """Everything that happens once: the manifest, the user's code, the contracts.

    Raises:
        InitError: what Lambda's own runtime would report.
    """
    try:
        manifest = read_manifest(environ.get("LAMBDA_TASK_ROOT") or getcwd())  # noqa: PTH109 - pathlib costs 10 ms
    except ManifestError as error:
        raise InitError(error_body("Runtime.InvalidManifest", str(error), "")) from error
    recorder = None if manifest.kind == "platform" else Recorder(manifest, environ, log)
    try:
        return _handling(manifest, recorder, log)
    except InitError:
        raise
    except Exception as error:
        raise InitError(envelope(error, "")) from error


def _handling(manifest: Manifest, recorder: Recorder | None, log: Log) -> Handling:
    if recorder is None:
        from mlfn.runtime.plain import load_plain  # noqa: PLC0415 - only in the platform's own image

        return load_plain(environ, log)
    if manifest.kind == "ingress":
        from mlfn.ingress.handling import Ingress  # noqa: PLC0415 - only in its own image

        return Ingress(manifest, recorder, environ)
    if manifest.secrets:
        from mlfn.runtime.hiding import guard_output  # noqa: PLC0415 - where there are secrets
        from mlfn.secrets import declare  # noqa: PLC0415 - as above

        guard_output()
        declare(manifest.secrets, environ)
    if manifest.assets:
        from mlfn.runtime.fetching import fetch_assets  # noqa: PLC0415 - where assets lie in S3

        fetch_assets(manifest.assets, environ)
    if manifest.pickles is not None:
        from mlfn.runtime.pickles import guard  # noqa: PLC0415 - where the image has pickled artefacts

        guard(manifest.pickles)
    if manifest.lazy is not None:
        from mlfn.runtime.lazy_imports import defer  # noqa: PLC0415 - where the image has something slow

        defer(manifest.lazy)
    from mlfn.runtime.model import load_model  # noqa: PLC0415 - not in the ingress

    return load_model(manifest, recorder, log)
