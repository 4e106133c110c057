"""Turn a typed predict function into a governed serverless endpoint."""

from __future__ import annotations

from mlfn.app import App
from mlfn.declare import model, pipeline
from mlfn.errors import (
    AuditError,
    BuildError,
    ContractError,
    DeclarationError,
    DeployError,
    DiscoveryError,
    MlfnError,
    PipelineError,
    TargetError,
)
from mlfn.flow import parallel

TYPE_CHECKING = False  # importing typing would cost every cold start 10 ms
if TYPE_CHECKING:
    from mlfn.data import open

__all__ = [
    "App",
    "AuditError",
    "BuildError",
    "ContractError",
    "DeclarationError",
    "DeployError",
    "DiscoveryError",
    "MlfnError",
    "PipelineError",
    "TargetError",
    "model",
    "open",
    "parallel",
    "pipeline",
]


def __getattr__(name: str) -> object:
    """`open`, imported when it is first asked for, since most models read no data."""
    if name != "open":
        raise AttributeError(f"module 'mlfn' has no attribute {name!r}")
    from mlfn.data import open as data_open  # noqa: PLC0415 - lazy on purpose

    globals()["open"] = data_open
    return data_open


def __dir__() -> list[str]:
    """Every public name, also those not imported yet."""
    return __all__
