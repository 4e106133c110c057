"""What a change set with ImportExistingResources would take over: custom-named resources that are there already."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from mlfn_localstack.services.cloudformation.evaluation import NOTHING
from mlfn_localstack.services.cloudformation.intrinsics import Unknown
from mlfn_localstack.services.cloudformation.resources import resource_type
from mlfn_localstack.services.cloudformation.state import Resource, now

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn_localstack.services.cloudformation.evaluation import Evaluation
    from mlfn_localstack.services.cloudformation.work import Work


async def existing(work: Work, evaluation: Evaluation, logical_ids: Iterable[str]) -> list[str]:
    """The logical ids, of those to be made, whose names are taken."""
    return [logical_id for logical_id in logical_ids if await _exists(work, evaluation, logical_id)]


async def _exists(work: Work, evaluation: Evaluation, logical_id: str) -> bool:
    declaration = evaluation.active[logical_id]
    kind = resource_type(declaration.type)
    properties = evaluation.properties(logical_id, NOTHING)
    name = properties.get(kind.name_property or "")
    if name is None or isinstance(name, Unknown):
        return False
    resource = Resource(
        logical_id=logical_id, type=declaration.type, status="", updated_at=now(), token=uuid.uuid4().hex
    )
    return await kind.find(work.request(resource, properties)) is not None
