"""Filters of ListSecrets.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Filter.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.secretsmanager import errors

if TYPE_CHECKING:
    from typing import Any

    from mlfn_localstack.services.secretsmanager.model import Secret


def matches(secret: Secret, given: dict[str, Any]) -> bool:
    """Whether a secret has one of a filter's values; those behind a `!` it must not have.

    Raises:
        ServiceError: InvalidParameterException.
    """
    key, values = given.get("Key"), given.get("Values") or []
    if key is None or not values:
        raise errors.invalid("A filter has a key and at least one value.")
    wanted = [value for value in values if not value.startswith("!")]
    unwanted = [value[1:] for value in values if value.startswith("!")]
    has_wanted = not wanted or any(_has(secret, key, value) for value in wanted)
    return has_wanted and not any(_has(secret, key, value) for value in unwanted)


def _has(secret: Secret, key: str, value: str) -> bool:
    if key == "all":
        texts = [text.lower() for name in ("name", "description", "tag-key", "tag-value") for text in _of(secret, name)]
        return all(any(word in text for text in texts) for word in value.lower().split())
    if key == "description":
        return any(text.lower().startswith(value.lower()) for text in _of(secret, key))
    return any(text.startswith(value) for text in _of(secret, key))


def _of(secret: Secret, key: str) -> list[str]:
    tags: dict[str, str] = secret["Tags"]
    found = {
        "name": [secret["Name"]],
        "description": [secret.get("Description", "")],
        "tag-key": list(tags),
        "tag-value": list(tags.values()),
    }
    return found.get(key, [])
