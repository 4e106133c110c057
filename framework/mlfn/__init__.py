"""Turn a typed predict function into a governed serverless endpoint."""

from __future__ import annotations

from mlfn.app import App
from mlfn.declare import model, pipeline
from mlfn.errors import (
    AuditError,
    BuildError,
    CallError,
    ContractError,
    DeclarationError,
    DeployError,
    MlfnError,
    PipelineError,
    TargetError,
)
from mlfn.flow import limit, parallel, wait

TYPE_CHECKING = False  # importing typing would cost every cold start 10 ms
if TYPE_CHECKING:
    from mlfn.access import Jwt
    from mlfn.blobs import Blob
    from mlfn.client import Client
    from mlfn.data import open
    from mlfn.sampling import sample
    from mlfn.sensitive import Sensitive
    from mlfn.steps import Retry, Timeout, step

__all__ = [
    "App",
    "AuditError",
    "Blob",
    "BuildError",
    "CallError",
    "Client",
    "ContractError",
    "DeclarationError",
    "DeployError",
    "Jwt",
    "MlfnError",
    "PipelineError",
    "Retry",
    "Sensitive",
    "TargetError",
    "Timeout",
    "limit",
    "model",
    "open",
    "parallel",
    "pipeline",
    "sample",
    "step",
    "wait",
]
_LATER = {
    "Blob": "mlfn.blobs",
    "Client": "mlfn.client",
    "Jwt": "mlfn.access",
    "Retry": "mlfn.steps",
    "Sensitive": "mlfn.sensitive",
    "Timeout": "mlfn.steps",
    "open": "mlfn.data",
    "sample": "mlfn.sampling",
    "step": "mlfn.steps",
}
"""What most models never use, imported when it is first asked for."""


def __getattr__(name: str) -> object:
    """A name that is imported when it is first asked for."""
    if name not in _LATER:
        raise AttributeError(f"module 'mlfn' has no attribute {name!r}")
    from sys import modules  # noqa: PLC0415 - importlib costs a cold start 2 ms

    __import__(_LATER[name])
    found: object = getattr(modules[_LATER[name]], name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Every public name, also those not imported yet."""
    return __all__
