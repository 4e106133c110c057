"""What a function may read of Secrets Manager: each secret by its name, whose ARN ends in six random characters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_engine.values import ModelSource

if TYPE_CHECKING:
    from mlfn_engine.values import Function

_PREFIX = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:"
_ENDING = "-??????"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKeyView:
    """A KMS key and what it may open: secrets, and only through Secrets Manager."""

    arn: str
    secrets: tuple[str, ...]


def view_secrets(function: Function, stage: str) -> tuple[str, ...]:
    """The ARNs of the secrets that a function reads, with pseudo parameters to substitute."""
    uses = function.source.model.secrets if isinstance(function.source, ModelSource) else ()
    return tuple(dict.fromkeys(_arn(use.id, stage) for use in uses))


def view_secret_keys(function: Function, stage: str) -> tuple[SecretKeyView, ...]:
    """The keys that some of them are encrypted with."""
    uses = function.source.model.secrets if isinstance(function.source, ModelSource) else ()
    keys = sorted({use.key for use in uses if use.key})
    return tuple(
        SecretKeyView(arn=key, secrets=tuple(dict.fromkeys(_arn(use.id, stage) for use in uses if use.key == key)))
        for key in keys
    )


def _arn(secret_id: str, stage: str) -> str:
    return secret_id if secret_id.startswith("arn:") else f"{_PREFIX}{secret_id.replace('{stage}', stage)}{_ENDING}"
