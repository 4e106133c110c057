"""Templates: a stack's own, and what a template asks for before it becomes a stack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.cloudformation.errors import change_set_missing, stack_missing, validation_error
from mlfn_localstack.services.cloudformation.intake import needed_capabilities, template_body
from mlfn_localstack.services.cloudformation.parameters import check_declarations
from mlfn_localstack.services.cloudformation.template import Template, read_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Environment, Operation, Params, RequestContext, Result
    from mlfn_localstack.services.cloudformation.state import Stack, Stacks

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
        """A stack's template as it was given, or a change set's."""
        return {"TemplateBody": self._body(params), "StagesAvailable": ["Original", "Processed"]}

    async def summary(self, context: RequestContext, params: Params) -> Result:
        """Parameters, capabilities and resource types of a template or a stack."""
        if params.get("StackName"):
            body = self._reviewed(params["StackName"]).revision.body
        else:
            body = await template_body(self._environment, context.caller, params, None)
        template = _read(body)
        types = sorted({one.type for one in template.resources.values()})
        identifiers = [
            {"ResourceType": kind, "LogicalResourceIds": [
                name for name, one in template.resources.items() if one.type == kind
            ]}
            for kind in types
        ]  # fmt: skip
        return {
            **_asked(template, declared="DefaultValue", constraints=True),
            "ResourceTypes": types,
            "ResourceIdentifierSummaries": identifiers,
            "Version": "2010-09-09",
            **({"Metadata": json.dumps(template.metadata)} if template.metadata is not None else {}),
        }

    async def validate(self, context: RequestContext, params: Params) -> Result:
        """What a template asks for, if it is well-formed."""
        return _asked(
            _read(await template_body(self._environment, context.caller, params, None)),
            declared="DefaultValue",
            constraints=False,
        )

    def _body(self, params: Params) -> str:
        name = params.get("ChangeSetName")
        if "StackName" not in params and not (name or "").startswith("arn:"):
            raise validation_error("StackName is a required parameter.")
        if name is None:
            return self._stack(params["StackName"]).revision.body
        for one in self._stacks.change_sets():
            stack = self._stacks.find(one.stack_id)
            if one.id == name or (one.name == name and stack and params.get("StackName") in (stack.name, stack.id)):
                return one.revision.body
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
        asked["Capabilities"] = needed
        asked["CapabilitiesReason"] = _NAMED_IAM.format(
            ", ".join(sorted({one.type for one in template.resources.values() if one.type.startswith("AWS::IAM::")}))
        )
    return asked
