"""What KMS refuses of tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_TAGS = 50


def check_tags(tags: Sequence[dict[str, Any]]) -> None:
    """Return if a key may have these tags.

    Raises:
        ServiceError: TagException.
    """
    names = [tag["TagKey"] for tag in tags]
    if len(set(names)) < len(names):
        raise _refused("Duplicate tag keys")
    if len(names) > _MOST_TAGS:
        raise _refused("Too many tags")
    if any(name.lower().startswith("aws:") for name in names):
        raise _refused("Tags beginning with aws: are reserved")


def _refused(message: str) -> ServiceError:
    return ServiceError("TagException", message)
