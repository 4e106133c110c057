"""What a function may read of stores of secrets: each by its name; in Secrets Manager six random characters follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_engine.secret_use import Store
from mlfn_engine.values import ModelSource

if TYPE_CHECKING:
    from mlfn_engine.secret_use import SecretUse
    from mlfn_engine.values import Function

_PREFIXES = {
    Store.SECRETS_MANAGER: "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:",
    Store.PARAMETERS: "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/",
}
_CONTEXTS = {Store.SECRETS_MANAGER: "SecretARN", Store.PARAMETERS: "PARAMETER_ARN"}
"""What each store binds its ciphertexts to."""
_ENDING = "-??????"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKeyView:
    """A KMS key and what it may open: secrets, and only through their store."""

    arn: str
    service: str
    context: str
    secrets: tuple[str, ...]


def view_secrets(function: Function, stage: str, store: Store) -> tuple[str, ...]:
    """The ARNs of the secrets that a function reads in a store, with pseudo parameters to substitute."""
    return tuple(dict.fromkeys(_arn(use, stage) for use in _uses(function) if use.store is store))


def view_secret_keys(function: Function, stage: str) -> tuple[SecretKeyView, ...]:
    """The keys that some of them are encrypted with."""
    uses = _uses(function)
    return tuple(
        SecretKeyView(
            arn=key,
            service=store.value,
            context=_CONTEXTS[store],
            secrets=tuple(dict.fromkeys(_arn(use, stage) for use in uses if (use.key, use.store) == (key, store))),
        )
        for key, store in sorted({(use.key, use.store) for use in uses if use.key})
    )


def view_stage_key(function: Function, stage: str) -> tuple[SecretKeyView, ...]:
    """The stage's own key, which any of them may be encrypted with."""
    return tuple(
        SecretKeyView(arn="StageKey", service=store.value, context=_CONTEXTS[store], secrets=secrets)
        for store in Store
        if (secrets := view_secrets(function, stage, store))
    )


def _uses(function: Function) -> tuple[SecretUse, ...]:
    return function.source.model.secrets if isinstance(function.source, ModelSource) else ()


def _arn(use: SecretUse, stage: str) -> str:
    if use.id.startswith("arn:"):
        return use.id
    if use.store is Store.PARAMETERS:
        return _PREFIXES[use.store] + use.id_in(stage).removeprefix("/")
    return f"{_PREFIXES[use.store]}{use.id_in(stage)}{_ENDING}"
