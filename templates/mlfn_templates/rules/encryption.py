"""A stage with a key of its own: everything that it keeps is under it, and roles use it through services alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_engine.planning.encryption import STAGE_KEY, encrypted
from mlfn_engine.planning.templates import in_words
from mlfn_templates.rules.stack import as_list, policies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_engine.linting.findings import Finding
    from mlfn_templates.rules.stack import Stack, Statement

_TABLE, _BUCKET = "kms:EncryptionContext:aws:dynamodb:tableName", "kms:EncryptionContext:aws:s3:arn"
_LOGS = "kms:EncryptionContext:aws:logs:arn"
_SECRETS = {
    "secretsmanager": "kms:EncryptionContext:SecretARN",
    "ssm": "kms:EncryptionContext:PARAMETER_ARN",
}
_USES = frozenset({"kms:Decrypt", "kms:GenerateDataKey"})
_LOCKED = "SealBucket"
"""Checkpoints outlive every key: without it nobody could show what the trail was."""


def stage_key(stack: Stack) -> Iterator[Finding]:
    """Tables, objects, logs and variables are under the stage's key, where it has one."""
    if STAGE_KEY not in (sections := stack.tree.get("Parameters", {}) | stack.tree.get("Outputs", {})):
        return
    output = sections[STAGE_KEY].get("Value") if "Value" in sections[STAGE_KEY] else {"Ref": STAGE_KEY}
    for (name, what), key in encrypted(stack.tree).items():
        if key != in_words(output) and name != _LOCKED:
            (resource,) = (each for each in stack.resources if each.name == name)
            yield resource.says("stage-key", f"its {what} are not under the stage's key")


def stage_key_uses(stack: Stack) -> Iterator[Finding]:
    """Roles use the stage's key through one service, for named tables, buckets or secrets."""
    for statement in policies(stack):
        if statement.effect == "Deny" or STAGE_KEY not in statement.resources:
            continue
        if not opens_secrets(statement) and not is_for_data(statement):
            yield statement.owner.says("stage-key", "it may use the stage's key on more than what the stage keeps")


def is_for_data(statement: Statement) -> bool:
    """Whether a key is used through a service alone, for named tables or a named bucket."""
    equals = statement.condition.get("StringEquals", {})
    through = in_words(equals.get("kms:ViaService"))
    place = {"dynamodb": _TABLE, "s3": _BUCKET}.get(through.partition(".")[0], "")
    named = [in_words(each) for each in as_list(equals.get(place))]
    return set(statement.actions) <= _USES and bool(named) and not any("*" in each for each in named)


def opens_secrets(statement: Statement) -> bool:
    """Whether a key is used for named secrets alone, through their store."""
    through = in_words(statement.condition.get("StringEquals", {}).get("kms:ViaService"))
    context = _SECRETS.get(through.partition(".")[0], "")
    named = as_list(statement.condition.get("StringLike", {}).get(context))
    return bool(named) and not any("*" in in_words(each) for each in named)


def is_for_logs(statement: Statement) -> bool:
    """Whether a statement of a key's policy lets CloudWatch Logs use it, for this account's log groups alone."""
    principal = statement.body.get("Principal")
    service = (
        in_words(principal.get("Service")) if isinstance(principal, dict) and set(principal) == {"Service"} else ""
    )
    named = [in_words(each) for each in as_list(statement.condition.get("ArnLike", {}).get(_LOGS))]
    own = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/"
    return service.startswith("logs.") and bool(named) and all(each.startswith(own) for each in named)
