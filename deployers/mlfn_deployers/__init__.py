"""Deployers by name -> `module:class`, imported on demand; plugins (entry point `mlfn.deployers`) come after."""

from __future__ import annotations

import importlib
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from mlfn.errors import TargetError

if TYPE_CHECKING:
    from mlfn_engine.deployer import Deployer
    from mlfn_engine.values import Target

DEPLOYERS = {
    "aws": "mlfn_deployers.aws.deployer:AwsDeployer",
    "localstack": "mlfn_deployers.localstack.deployer:LocalstackDeployer",
    "memory": "mlfn_deployers.memory:MemoryDeployer",
}


def deployer_for(target: Target) -> Deployer:
    """The deployer of a target.

    Raises:
        TargetError: nothing is registered under that name.
    """
    if reference := DEPLOYERS.get(target.deployer):
        module, attribute = reference.split(":")
        deployer: Deployer = getattr(importlib.import_module(module), attribute)(target)
        return deployer
    for entry in entry_points(group="mlfn.deployers", name=target.deployer):
        plugin: Deployer = entry.load()(target)
        return plugin
    raise TargetError(
        f"There is no deployer {target.deployer!r} (target {target.name!r}).",
        hint=f"Known deployers: {', '.join(sorted(DEPLOYERS))}.",
    )
