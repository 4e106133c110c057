"""What every resource type has to say, whatever it is."""

from __future__ import annotations

import pytest

from mlfn_localstack.services.cloudformation.resources import RESOURCE_TYPES, resource_type
from mlfn_localstack.services.cloudformation.resources.handler import ResourceType


@pytest.mark.parametrize("action", ["create", "update", "delete"])
@pytest.mark.parametrize("name", RESOURCE_TYPES)
def test_an_interrupted_resource_can_be_gone_on_with(name: str, action: str) -> None:
    kind = type(resource_type(name))

    assert getattr(kind, action) is not getattr(ResourceType, action)
