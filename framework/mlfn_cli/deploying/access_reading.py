"""What is deployed about access: the stack's own account of it, its functions' policies, the account's identities."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from mlfn.errors import DiscoveryError, TargetError
from mlfn_audit.access.policies import Identity, identities, parsed
from mlfn_audit.access.report import Door, Subject, Way

if TYPE_CHECKING:
    from mlfn_deployers.aws.api.clients import Clients

_DECLARED = re.compile(r'^  MlfnAccess: (".*")$', re.MULTILINE)
_EMULATED = "/_aws/execute-api/"
_KINDS: Any = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"]


def account_identities(clients: Clients) -> list[Identity]:
    """The users and roles of the account."""
    pages = clients.iam.get_paginator("get_account_authorization_details").paginate(Filter=_KINDS)
    return identities(pages)


def has_stack(clients: Clients, stack: str) -> bool:
    """Whether there is a stack of this name."""
    try:
        return bool(clients.cloudformation.describe_stacks(StackName=stack)["Stacks"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":  # what CloudFormation calls a stack that is not there
            raise
        return False


def deployed_subject(clients: Clients, app: str, stage: str, name: str) -> Subject:
    """A model or pipeline as it is deployed.

    Raises:
        DiscoveryError: the app has none of this name.
        TargetError: the stack does not tell who may call what.
    """
    stack = f"{app}-{stage}"
    declared = _declared(clients, stack)
    if name not in declared:
        raise DiscoveryError(
            f"{stack} has no model or pipeline {name!r}.", hint=f"There are: {', '.join(sorted(declared)) or 'none'}."
        )
    told, outputs = declared[name], _outputs(clients, stack)
    kind = "pipelines" if told["kind"] == "pipeline" else "models"
    function = f"{stack}-{name}"
    return Subject(
        app=app,
        name=name,
        stack=stack,
        doors=_doors(clients, kind, function, f"{_api_id(outputs['ApiUrl'])}/$default/POST/{kind}/{name}"),
        public=told["public"],
        principals=tuple(told["principals"]),
        tokens=told.get("tokens"),
        resource_policies=_resource_policies(clients, function) if kind == "models" else (),
    )


def _declared(clients: Clients, stack: str) -> dict[str, Any]:
    body: Any = clients.cloudformation.get_template(StackName=stack)["TemplateBody"]  # the stubs know JSON alone
    found = _DECLARED.search(body) if isinstance(body, str) else None
    if found is None:
        raise TargetError(f"The stack {stack} does not tell who may call what.", hint="Deploy it again: mlfn deploy")
    declared: dict[str, Any] = json.loads(json.loads(found[1]))
    return declared


def _outputs(clients: Clients, stack: str) -> dict[str, str]:
    outputs = clients.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    return {each["OutputKey"]: each["OutputValue"] for each in outputs}


def _api_id(url: str) -> str:
    parts = urlsplit(url)
    return parts.path.removeprefix(_EMULATED) if parts.path.startswith(_EMULATED) else parts.netloc.partition(".")[0]


def _doors(clients: Clients, kind: str, name: str, route: str) -> tuple[Door, ...]:
    identity = clients.sts.get_caller_identity()
    partition, account, region = identity["Arn"].split(":")[1], identity["Account"], clients.s3.meta.region_name
    api = Door(
        way=Way.API,
        action="execute-api:Invoke",
        resource=f"arn:{partition}:execute-api:{region}:{account}:{route}",
    )
    if kind == "pipelines":
        machine = f"arn:{partition}:states:{region}:{account}:stateMachine:{name}"
        actions = ("states:StartExecution", "states:StartSyncExecution")
        return (api, *(Door(way=Way.AROUND, action=action, resource=machine) for action in actions))
    function = f"arn:{partition}:lambda:{region}:{account}:function:{name}"
    ways = {"live": Way.DIRECT, "sfn": Way.PIPELINE, "api": Way.AROUND}
    invoke = "lambda:InvokeFunction"
    return (api, *(Door(way=way, action=invoke, resource=f"{function}:{alias}") for alias, way in ways.items()))


def _resource_policies(clients: Clients, function: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    found = []
    for alias in ("api", "sfn", "live"):
        try:
            text = clients.functions.get_policy(FunctionName=function, Qualifier=alias)["Policy"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
        else:
            found.append((alias, parsed(text)))
    return tuple(found)
