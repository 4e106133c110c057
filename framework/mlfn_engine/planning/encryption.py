"""What a template encrypts, and with which key, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_engine.planning.templates import in_words, read_template, resources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_engine.planning.templates import Tree

_KEPT = {
    "AWS::DynamoDB::Table": (("SSESpecification", "KMSMasterKeyId"), "items"),
    "AWS::Logs::LogGroup": (("KmsKeyId",), "log"),
    "AWS::Lambda::Function": (("KmsKeyArn",), "variables"),
}
STAGE_KEY = "StageKey"


def other_keys(old: Tree, new: Tree) -> Iterator[tuple[str, str]]:
    """By logical id, what of a deployed template would be under another key, in words."""
    before, after = encrypted(old), encrypted(new)
    for place in sorted(before.keys() & after.keys()):
        if before[place] != after[place]:
            name, what = place
            yield name, f"{what} encrypted with {_key(before[place])} → {_key(after[place])}"


def encrypted(template: Tree) -> dict[tuple[str, str], str | None]:
    """By logical id and what of it: the key in words, or None for AWS's own."""
    found = {
        (name, what): _at(properties, path)
        for kind, (path, what) in _KEPT.items()
        for name, properties in resources(template, kind).items()
    }
    for name, properties in resources(template, "AWS::S3::Bucket").items():
        rules = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [{}])
        found[name, "new objects"] = _at(rules[0], ("ServerSideEncryptionByDefault", "KMSMasterKeyID"))
    return found


def stage_key(body: str | None) -> str | None:
    """The key that a base stack's template says its stage is under, in words."""
    output = read_template(body).get("Outputs", {}).get(STAGE_KEY) if body else None
    return in_words(output["Value"]) if output else None


def _at(properties: Any, path: tuple[str, ...]) -> str | None:
    for part in path:
        properties = properties.get(part) if isinstance(properties, dict) else None
    return None if properties is None else in_words(properties)


def _key(words: str | None) -> str:
    return f"the KMS key {words.removesuffix('.Arn')}" if words else "AWS's own key"
