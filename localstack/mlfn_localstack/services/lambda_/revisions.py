"""Revisions: what a function, version or alias is called by until it changes next, in itself or in its policy."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_.names import LATEST

if TYPE_CHECKING:
    from mlfn_localstack.services.lambda_.names import FunctionReference
    from mlfn_localstack.services.lambda_.repository import Repository


def renew(repository: Repository, reference: FunctionReference) -> None:
    """Give it another revision."""
    revision, alias = str(uuid.uuid4()), repository.alias(reference.name, reference.qualifier or "")
    if alias is not None:
        repository.put_alias(reference.name, replace(alias, revision=revision))
        return
    version = repository.version(reference.name, reference.qualifier or LATEST)
    renewed = replace(version, configuration={**version.configuration, "RevisionId": revision})
    if version.version == LATEST:
        repository.put_function(replace(repository.function(reference.name), latest=renewed))
    else:
        repository.put_version(renewed)
