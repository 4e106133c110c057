"""Every error mlfn raises on purpose.

MlfnError
├── DeclarationError      a model, pipeline or app is declared wrongly
├── DiscoveryError        no app, or not the one that was asked for
├── ContractError         an input or output does not fit the declared types
├── DataError             data that a model opens cannot be read
├── PipelineError         a pipeline cannot be compiled
├── BuildError            an image cannot be built
│   └── DependencyError   a requirement cannot be resolved or installed for the target
├── RenderError           a template cannot be rendered
├── TargetError           a target does not answer, or is not what was asked for
│   └── DeployError       a deployment failed or was refused
├── EmulatorError         the embedded emulator cannot start, or is not running
├── AuditError            the audit trail cannot be written, read or verified
└── UsageError            the command line asks for something that cannot be (exit code 2)
"""

from __future__ import annotations


class MlfnError(Exception):
    """Something a user can mend: one sentence on what is wrong, one on the next step."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class DeclarationError(MlfnError):
    """A model, pipeline or app is declared wrongly."""


class DiscoveryError(MlfnError):
    """No app was found, or not the one that was asked for."""


class ContractError(MlfnError):
    """An input or output does not fit the declared types."""


class DataError(MlfnError):
    """Data that a model opens cannot be read."""


class PipelineError(MlfnError):
    """A pipeline cannot be compiled to a state machine."""


class BuildError(MlfnError):
    """An image cannot be built."""


class DependencyError(BuildError):
    """A requirement cannot be resolved or installed for the target platform."""


class RenderError(MlfnError):
    """A template cannot be rendered."""


class TargetError(MlfnError):
    """A target does not answer, or is not what was asked for."""


class DeployError(TargetError):
    """A deployment failed or was refused."""


class EmulatorError(MlfnError):
    """The embedded emulator cannot start, or is not running."""


class AuditError(MlfnError):
    """The audit trail cannot be written, read or verified."""


class UsageError(MlfnError):
    """The command line asks for something that cannot be."""
