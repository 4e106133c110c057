"""What mlfn asks of a template beyond being valid: that nobody gets in, out or at the audit trail unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_templates.rules import (
    encryption,
    functions,
    machines,
    objects,
    permissions,
    roles,
    routes,
    shadows,
    storage,
    trail,
    values,
)
from mlfn_templates.rules.stack import read_stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlfn_engine.linting.findings import Finding
    from mlfn_templates.rules.stack import Stack

RULES: tuple[Callable[[Stack], Iterator[Finding]], ...] = (
    routes.authorisation,
    routes.keys,
    routes.integrations,
    routes.stages,
    permissions.grants,
    roles.trust,
    roles.actions,
    roles.resources,
    roles.data_keys,
    roles.secrets,
    roles.shared,
    objects.large_calls,
    trail.records,
    trail.tables,
    trail.watch,
    storage.retention,
    storage.buckets,
    storage.bucket_policies,
    storage.checkpoints,
    storage.encryption_keys,
    encryption.stage_key,
    encryption.stage_key_uses,
    storage.repositories,
    functions.code,
    functions.limits,
    functions.network,
    functions.logs,
    functions.spools,
    functions.ingresses,
    functions.aliases,
    shadows.shadows,
    machines.logging,
    machines.callees,
    machines.definitions,
    values.dynamic_references,
    values.secrets,
)


def look_at(body: str) -> list[Finding]:
    """Everything that is wrong with a template (YAML or JSON text), in the order of its rules.

    Raises:
        yaml.YAMLError: it is neither.
    """
    stack = read_stack(body)
    return [finding for rule in RULES for finding in rule(stack)]
