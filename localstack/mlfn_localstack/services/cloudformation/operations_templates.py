"""Templates: a stack's own, and what a template asks for before it becomes a stack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.cloudformation.errors import change_set_missing, stack_missing, validation_error
from mlfn_localstack.services.cloudformation.intake import needed_capabilities, template_body
from mlfn_localstack.services.cloudformation.parameters import check_declarations
from mlfn_localstack.services.cloudformation.resources import is_importable, resource_type
from mlfn_localstack.services.cloudformation.template import Template, read_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Environment, Operation, Params, RequestContext, Result
    from mlfn_localstack.services.cloudformation.state import Revision, Stack, Stacks

_ORIGINAL, _PROCESSED = "Original", "Processed"
_NAMED_IAM = "The following resource(s) require capabilities: [{}]"


class TemplateOperations:
    """Operations on templates."""

    def __init__(self, environment: Environment, stacks: Stacks) -> None:
        self._environment = environment
        self._stacks = stacks

    def operations(self) -> Mapping[str, Operation]:
        """By API name."""
        return {"GetTemplate": self.get, "GetTemplateSummary": self.summary, "ValidateTemplate": self.validate}

    async def get(self, context: RequestContext, params: Params) -> Result:
        """A stack's template or a change set's, as its transforms left it or as it was given."""
        revision, stages = self._revision(params)
        original = params.get("TemplateStage", _PROCESSED) != _PROCESSED
        return {"TemplateBody": revision.template if original else revision.body, "StagesAvailable": stages}

    async def summary(self, context: RequestContext, params: Params) -> Result:
        """Parameters, capabilities and resource types of a template or a stack."""
        if params.get("StackName"):
            revision = self._reviewed(params["StackName"]).revision
            body, given = revision.body, revision.template
        else:
            body = given = await template_body(self._environment, context.caller, params, None)
        template, transforms = _read(body), read_template(given).transforms
        types = sorted({one.type for one in template.resources.values()})
        identifiers = [
            {
                "ResourceType": kind,
                "LogicalResourceIds": [name for name, one in template.resources.items() if one.type == kind],
                **_identified(kind),
            }
            for kind in types
        ]
        return {
            **_asked(template, declared="DefaultValue", constraints=True),
            "ResourceTypes": types,
            "ResourceIdentifierSummaries": identifiers,
            "Version": "2010-09-09",
            **({"DeclaredTransforms": list(transforms)} if transforms else {}),
            **({"Metadata": json.dumps(template.metadata)} if template.metadata is not None else {}),
        }

    async def validate(self, context: RequestContext, params: Params) -> Result:
        """What a template asks for, if it is well-formed."""
        template = _read(await template_body(self._environment, context.caller, params, None))
        asked = _asked(template, declared="DefaultValue", constraints=False)
        return asked | ({"DeclaredTransforms": list(template.transforms)} if template.transforms else {})

    def _revision(self, params: Params) -> tuple[Revision, list[str]]:
        """What the template is of, and in which stages it is there."""
        name = params.get("ChangeSetName")
        if "StackName" not in params and not (name or "").startswith("arn:"):
            raise validation_error("StackName is a required parameter.")
        if name is None:
            return self._stack(params["StackName"]).revision, [_ORIGINAL, _PROCESSED]
        for one in self._stacks.change_sets():
            stack = self._stacks.find(one.stack_id)
            if one.id == name or (one.name == name and stack and params.get("StackName") in (stack.name, stack.id)):
                return one.revision, [_ORIGINAL] if one.status == "FAILED" else [_ORIGINAL, _PROCESSED]
        raise change_set_missing(name)

    def _reviewed(self, name: str) -> Stack:
        stack = self._stack(name)
        if stack.status == "REVIEW_IN_PROGRESS":
            raise validation_error("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.")
        return stack

    def _stack(self, name: str) -> Stack:
        stack = self._stacks.find(name)
        if stack is None:
            raise stack_missing(name)
        return stack


def _identified(kind: str) -> dict[str, list[str]]:
    """By what a resource can be imported; of topics AWS was recorded to say nothing, though it imports them."""
    identifier = resource_type(kind).identifier if is_importable(kind) else None
    return {"ResourceIdentifiers": [identifier]} if identifier and kind != "AWS::SNS::Topic" else {}


def _read(body: str) -> Template:
    template = read_template(body)
    check_declarations(template.parameters)
    return template


def _asked(template: Template, *, declared: str, constraints: bool) -> dict[str, Any]:
    parameters = []
    for name, one in template.parameters.items():
        entry: dict[str, Any] = {"ParameterKey": name, "NoEcho": str(one.get("NoEcho", "false")).lower() == "true"}
        if "Default" in one:
            entry[declared] = str(one["Default"])
        if "Description" in one:
            entry["Description"] = one["Description"]
        if constraints:
            entry["ParameterType"] = one["Type"]
            allowed = [str(value) for value in one.get("AllowedValues", [])]
            entry["ParameterConstraints"] = {"AllowedValues": allowed} if allowed else {}
        parameters.append(entry)
    asked: dict[str, Any] = {"Parameters": parameters}
    if template.description:
        asked["Description"] = template.description
    needed = needed_capabilities(template)
    if needed:
        causes = {one.type for one in template.resources.values() if one.type.startswith("AWS::IAM::")}
        asked["Capabilities"] = needed
        asked["CapabilitiesReason"] = _NAMED_IAM.format(", ".join(sorted(causes | {*template.transforms})))
    return asked
