"""Every error mlfn raises on purpose.

MlfnError
├── DeclarationError      a model, pipeline or app is declared wrongly
├── DiscoveryError        no app, or not the one that was asked for
├── ContractError         an input or output does not fit the declared types
├── DataError             data that a model opens cannot be read
│   └── AssetError          an asset is not there, or is not what was declared
├── SecretError           a declared secret cannot be had
├── PipelineError         a pipeline cannot be compiled
├── BuildError            an image cannot be built
│   └── DependencyError   a requirement cannot be resolved or installed for the target
├── RenderError           a template cannot be rendered
├── TargetError           a target does not answer, or is not what was asked for
│   └── DeployError       a deployment failed or was refused
├── CallError             a call of a deployed model or pipeline gave no result
│   ├── CallRefusedError    it was turned away before anything ran
│   ├── CallFailedError     what was called answered with an error
│   └── CallUncertainError  no answer came: it may have run
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


class AssetError(DataError):
    """An asset is not there, or is not what was declared."""


class SecretError(MlfnError):
    """A declared secret cannot be had."""


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


class CallError(MlfnError):
    """A call of a deployed model or pipeline gave no result."""

    def __init__(
        self, message: str, *, hint: str, error_type: str = "", record: str | None = None, request_id: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.error_type = error_type
        """The class of the model's exception, or AWS's code."""
        self.record = record
        """The id of the call's record, if its model got as far as to write one."""
        self.request_id = request_id


class CallRefusedError(CallError):
    """A call was turned away before anything ran."""


class CallFailedError(CallError):
    """What was called answered with an error."""


class CallUncertainError(CallError):
    """No answer came: the call may have run."""


class EmulatorError(MlfnError):
    """The embedded emulator cannot start, or is not running."""


class AuditError(MlfnError):
    """The audit trail cannot be written, read or verified."""


class UsageError(MlfnError):
    """The command line asks for something that cannot be."""
