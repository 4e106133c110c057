"""What an import would take over, and what CloudFormation says of requests for one.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources.html
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.errors import validation_error
from mlfn_localstack.services.cloudformation.evaluation import NOTHING
from mlfn_localstack.services.cloudformation.resources import is_importable, resource_type
from mlfn_localstack.services.cloudformation.state import Resource, now

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.services.cloudformation.evaluation import Evaluation
    from mlfn_localstack.services.cloudformation.outlines import Change
    from mlfn_localstack.services.cloudformation.state import Stacks
    from mlfn_localstack.services.cloudformation.template import Declaration, Template
    from mlfn_localstack.services.cloudformation.work import Work

Imports = dict[str, str]
"""What names the resource that is to be taken over, by logical id."""
_NOT_FOUND = {
    "AWS::DynamoDB::Table": "Table: {id} does not exist.",
    "AWS::S3::Bucket": "Bucket not found",
    "AWS::SNS::Topic": "Topic does not exist (Service: Sns, Status Code: 404, Request ID: {request}) "
    "(SDK Attempt Count: 1)",
}


def asked_imports(entries: Sequence[Mapping[str, Any]], template: Template) -> Imports:
    """What a request asks to take over.

    Raises:
        ServiceError: ValidationError: the entries do not fit the template or the types.
    """
    if not entries:
        raise validation_error("Must Provide at least one resource to import")
    for number, entry in enumerate(entries, 1):
        if not entry.get("ResourceIdentifier"):
            raise validation_error(
                f"1 validation error detected: Value null at 'resourcesToImport.{number}.member.resourceIdentifier' "
                "failed to satisfy constraint: Member must not be null"
            )
    names = [str(entry["LogicalResourceId"]) for entry in entries]
    if len(set(names)) != len(names):
        raise validation_error("Every resource to import must have unique LogicalResourceId")
    missing = [name for name in names if name not in template.resources]
    if missing:
        raise validation_error(
            f"The logical resource ids [{', '.join(missing)}] provided in ResourceToImport do not exist in the "
            "template."
        )
    return {name: _identifier(entry, template.resources[name]) for name, entry in zip(names, entries, strict=True)}


def _identifier(entry: Mapping[str, Any], declaration: Declaration) -> str:
    kind, name = str(entry["ResourceType"]), declaration.logical_id
    expected = resource_type(kind).identifier if is_importable(kind) else None
    if expected is None:
        raise validation_error(f"The emulator does not import resources of type {kind}.")
    given: Mapping[str, str] = entry["ResourceIdentifier"]
    if set(given) != {expected}:
        raise validation_error(f"Invalid resource identifier for resource type {kind}. Expected [{expected}]")
    if kind != declaration.type:
        raise validation_error(
            f"Resource type of [{name}] passed in ResourceToImport does not match with resource type defined in the "
            f"template. Resource type in ResourceToImport: {kind}; Resource type in Template: {declaration.type}."
        )
    return given[expected]


def check_imports(imports: Imports, changes: Sequence[Change], template: Template, before: Template | None) -> None:
    """Refuse what is to be taken over unless it is all that changes.

    Raises:
        ServiceError: ValidationError.
    """
    actions: dict[str, list[str]] = {"Add": [], "Modify": [], "Remove": []}
    for change in changes:
        told = change["ResourceChange"]
        actions[told["Action"]].append(told["LogicalResourceId"])
    if not actions["Add"]:
        raise validation_error("The template should contain at least one new resource to import.")
    there = [name for name in imports if name not in actions["Add"]]
    if there:
        raise validation_error(
            f"Resources [{', '.join(there)}] passed in ResourceToImport are already in a stack and cannot be imported."
        )
    unlisted = [name for name in actions["Add"] if name not in imports]
    if unlisted:
        raise validation_error(f"Resources [{', '.join(unlisted)}] is missing from ResourceToImport list")
    modified = sorted(actions["Modify"] + actions["Remove"])
    if modified:
        raise validation_error(
            f"You have modified resources [{', '.join(modified)}] in your template that are not being imported. "
            "Update, create or delete operations cannot be executed during import operations."
        )
    bare = [name for name in imports if not template.resources[name].has_deletion_policy]
    if bare:
        raise validation_error(
            f"The following resources to import [{', '.join(bare)}] must have DeletionPolicy attribute specified in "
            "the template."
        )
    if template.outputs != (before.outputs if before else {}):
        raise validation_error("As part of the import operation, you cannot modify or add [Outputs]")


async def import_problem(work: Work, stacks: Stacks, evaluation: Evaluation, imports: Imports) -> str | None:
    """Why what is to be taken over cannot be: it is not there, or somebody's."""
    for name, identifier in imports.items():
        problem = await _missing(work, evaluation, name, identifier) or _owned(stacks, evaluation, name, identifier)
        if problem:
            return problem
    return None


async def _missing(work: Work, evaluation: Evaluation, logical_id: str, identifier: str) -> str | None:
    kind = evaluation.active[logical_id].type
    resource = Resource(logical_id=logical_id, type=kind, status="", updated_at=now(), token=uuid.uuid4().hex)
    request = work.request(resource, evaluation.properties(logical_id, NOTHING))
    try:
        if await resource_type(kind).read(request, identifier) is not None:
            return None
    except ServiceError as error:
        service = error.fields.get("__service", "")
        said = f"(Service: {service}, Status Code: {error.status}, Request ID: {uuid.uuid4()}) (SDK Attempt Count: 1)"
        return f"{error.message} {said}"
    words = _NOT_FOUND.get(kind, "Resource of type '{type}' with identifier '{id}' was not found.")
    return words.format(type=kind, id=identifier, request=uuid.uuid4())


def _owned(stacks: Stacks, evaluation: Evaluation, logical_id: str, identifier: str) -> str | None:
    kind = evaluation.active[logical_id].type
    for stack in stacks.all():
        for one in stacks.resources(stack.id).values() if stack.exists else ():
            if one.type == kind and one.current is not None and one.current.physical_id == identifier:
                return f"{identifier} already exists in stack {stack.id}"
    return None


def import_changes(imports: Imports, evaluation: Evaluation) -> list[Change]:
    """What a change set tells of an import."""
    return [
        {
            "Type": "Resource",
            "ResourceChange": {
                "Action": "Import",
                "LogicalResourceId": name,
                "PhysicalResourceId": imports[name],
                "ResourceType": declaration.type,
                "Scope": [],
                "Details": [],
            },
        }
        for name, declaration in evaluation.active.items()
        if name in imports
    ]
