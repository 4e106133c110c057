"""A template with its parameters applied: which resources it wants, in which order, with which properties."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.cloudformation.errors import validation_error
from mlfn_localstack.services.cloudformation.intrinsics import (
    NO_VALUE,
    Scope,
    Unknown,
    condition,
    evaluate,
    is_function,
)
from mlfn_localstack.services.cloudformation.parameters import MASK, is_secret, typed
from mlfn_localstack.services.cloudformation.resources import resource_type
from mlfn_localstack.services.cloudformation.rules import check_rules
from mlfn_localstack.services.cloudformation.schema import as_texts, fit
from mlfn_localstack.services.cloudformation.template import Declaration, Template, read_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import ServiceError
    from mlfn_localstack.services.cloudformation.state import Incarnation, Revision


class Known:
    """What `Ref` and `Fn::GetAtt` give of the resources that exist."""

    def __init__(self, resources: Mapping[str, Incarnation] | None = None) -> None:
        self.ids: dict[str, str] = {}
        self.attributes: dict[str, dict[str, Any]] = {}
        self._secret: set[str] = set()
        for name, one in (resources or {}).items():
            self.put(name, one)

    def reference(self, logical_id: str) -> Any:
        """The physical id, or Unknown."""
        return self.ids.get(logical_id) or Unknown(logical_id)

    def attribute(self, logical_id: str, name: str) -> Any:
        """The attribute, or Unknown."""
        if logical_id not in self.ids:
            return Unknown(logical_id, name)
        return self.attributes.get(logical_id, {}).get(name, Unknown(logical_id, name))

    def put(self, logical_id: str, one: Incarnation) -> None:
        """Learn of a resource."""
        self.ids[logical_id] = one.physical_id
        shown = one.properties if resource_type(one.type).shows_properties else {}
        self.attributes[logical_id] = shown | one.attributes
        (self._secret.add if one.is_secret else self._secret.discard)(logical_id)

    def masked(self) -> Known:
        """The same, without attributes that nobody may be shown."""
        if not self._secret:
            return self
        found = Known()
        found.ids = self.ids
        hidden = {name: dict.fromkeys(self.attributes.get(name, ()), MASK) for name in self._secret}
        found.attributes = self.attributes | hidden
        return found

    def forget(self, logical_id: str) -> None:
        """Its identity will change."""
        self.ids.pop(logical_id, None)

    def doubt(self, logical_id: str) -> None:
        """Its attributes may change."""
        self.attributes.pop(logical_id, None)


NOTHING = Known()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A revision, checked: every active resource with what it depends on."""

    template: Template
    scope: Scope
    active: Mapping[str, Declaration]
    """In an order in which every resource comes after what it needs."""
    needs: Mapping[str, frozenset[str]]
    stack_tags: Mapping[str, str]

    def properties(self, logical_id: str, known: Known) -> dict[str, Any]:
        """A resource's properties, with the stack's tags, in the types its schema asks for.

        Raises:
            ServiceError: they do not fit the type's schema.
        """
        declaration = self.active[logical_id]
        kind = resource_type(declaration.type)
        found = evaluate(declaration.properties, self._scope(known))
        fitted, problems = fit(found, kind.properties)
        if problems:
            listed = "\n".join(problems)
            raise validation_error(f"Properties validation failed for resource {logical_id} with message:\n{listed}")
        return dict(kind.tagged(fitted, self.stack_tags))

    def told(self, logical_id: str, known: Known) -> str:
        """A resource's own properties as its events tell them: all values as text, secret parameters masked."""
        declared = self.template.parameters
        masked = {name: MASK if is_secret(declared.get(name, {})) else value
                  for name, value in self.scope.parameters.items()}  # fmt: skip
        scope = replace(self._scope(known.masked()), parameters=masked)
        return _text(evaluate(self.active[logical_id].properties, scope))

    def metadata(self, logical_id: str, known: Known) -> Any:
        """What a template says of a resource beside its properties; None for nothing."""
        return evaluate(self.active[logical_id].metadata, self._scope(known))

    def outputs(self, known: Known) -> list[dict[str, Any]]:
        """The stack's outputs, those whose condition fails left out."""
        return self._outputs(self._scope(known.masked()))

    def check_outputs(self) -> None:
        """Refuse outputs of what the template's resources do not have.

        Raises:
            ServiceError: ValidationError.
        """

        def attribute(name: str, key: str) -> Any:
            return _attribute(self.active[name], key)

        self._outputs(replace(self.scope, reference=Unknown, attribute=attribute))

    def _outputs(self, scope: Scope) -> list[dict[str, Any]]:
        scope, found = replace(scope, block="Outputs"), []
        for name, output in self.template.outputs.items():
            if "Condition" in output and not condition(output["Condition"], scope):
                continue
            value = evaluate(output["Value"], scope)
            if value is NO_VALUE or isinstance(value, list | dict):
                raise _no_text(output["Value"])
            entry = {"OutputKey": name, "OutputValue": value}
            if "Description" in output:
                entry["Description"] = output["Description"]
            if "Export" in output:
                entry["ExportName"] = evaluate(output["Export"], scope)["Name"]
            found.append(entry)
        return found

    def _scope(self, known: Known) -> Scope:
        return replace(self.scope, reference=known.reference, attribute=known.attribute)


def evaluate_revision(
    revision: Revision, pseudo: Mapping[str, Any], exports: Mapping[str, str], *, exports_may_come: bool = False
) -> Evaluation:
    """Apply a revision's parameters to its template and check all that can be checked before anything exists.

    Raises:
        ServiceError: as CloudFormation refuses the template.
    """
    template = read_template(revision.body)
    scope = Scope(
        parameters=typed(revision.parameters | revision.stored, template.parameters),
        pseudo=pseudo,
        mappings=template.mappings,
        conditions=template.conditions,
        resource_ids=frozenset(template.resources),
        exports=exports,
        exports_may_come=exports_may_come,
    )
    in_conditions = replace(scope, block="Conditions")
    holds = {name: condition(name, in_conditions) for name in template.conditions}
    scope = replace(scope, conditions=holds)
    check_rules(template.rules, scope, template.parameters)
    active = {
        name: one
        for name, one in template.resources.items()
        if one.condition is None or condition(one.condition, scope)
    }
    scope = replace(scope, resource_ids=frozenset(active))
    needs = {name: _needs(one, active, scope) for name, one in active.items()}
    evaluation = Evaluation(
        template=template,
        scope=scope,
        active={name: active[name] for name in _order(needs)},
        needs=needs,
        stack_tags=revision.tags,
    )
    for name in evaluation.active:
        evaluation.properties(name, NOTHING)
    evaluation.check_outputs()
    return evaluation


def _needs(declaration: Declaration, active: Mapping[str, Declaration], scope: Scope) -> frozenset[str]:
    """The active resources whose values a resource uses, or that it names in DependsOn."""
    used = {name for name in declaration.depends_on if name in scope.resource_ids}

    def attribute(name: str, key: str) -> Any:
        used.add(name)
        return _attribute(active[name], key)

    def reference(name: str) -> Any:
        used.add(name)
        return Unknown(name)

    evaluate(declaration.properties, replace(scope, reference=reference, attribute=attribute))
    return frozenset(used)


def _attribute(declaration: Declaration, key: str) -> Unknown:
    """An attribute that is not known yet, but that resources of this type do have, or a property that is given."""
    if not resource_type(declaration.type).has_attribute(key) and key not in declaration.properties:
        raise no_attribute(declaration.logical_id, key)
    return Unknown(declaration.logical_id, key)


def no_attribute(logical_id: str, key: str) -> ServiceError:
    """A resource has no such attribute."""
    return validation_error(
        f"Template error: resource {logical_id} does not support attribute type {key} in Fn::GetAtt"
    )


def _text(properties: Any) -> str:
    return json.dumps(as_texts(properties), separators=(",", ":"))


def _no_text(node: Any) -> ServiceError:
    """An output's value is none that an output can have."""
    literal = "" if is_function(node) else "List" if isinstance(node, list) else "Map" if isinstance(node, dict) else ""
    kind = f" and not a {literal}" if literal else ""
    return validation_error(
        f"Template format error: The Value field of every Outputs member must evaluate to a String{kind}."
    )


def _order(needs: Mapping[str, frozenset[str]]) -> list[str]:
    try:
        return list(TopologicalSorter({name: sorted(one) for name, one in needs.items()}).static_order())
    except CycleError as error:
        cycle = ", ".join(sorted(set(error.args[1])))
        raise validation_error(f"Circular dependency between resources: [{cycle}]") from error
