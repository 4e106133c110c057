"""CloudFormation over neighbours that only remember what was made."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlfn_localstack.service import Caller, Environment, RequestContext, Result, ServiceError
from mlfn_localstack.services.cloudformation import CloudFormation
from mlfn_localstack.store import Store

ACCOUNT, REGION = "000000000000", "us-east-1"
CALLER = Caller(arn=f"arn:aws:iam::{ACCOUNT}:root", account_id=ACCOUNT, user_id=ACCOUNT, access_key="AKIA")


def _without_system_tags(params: dict[str, Any]) -> dict[str, Any]:
    """Parameters with the tags that a template asks for alone."""
    kept = dict(params)
    for member in {"tags", "Tags"} & kept.keys():
        if isinstance(kept[member], dict):
            kept[member] = {key: value for key, value in kept[member].items() if not key.startswith("aws:")}
        if not kept[member]:
            del kept[member]
    return kept


class Neighbours:
    """Other services, as far as the tests' templates need them: log groups, roles and functions by name."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.groups: dict[str, dict[str, Any]] = {}
        self.roles: dict[str, dict[str, Any]] = {}
        self.functions: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, list[dict[str, Any]]] = {}
        self.refuse: Callable[[str, dict[str, Any]], bool] = lambda operation, params: False
        self.wait: Callable[[str, dict[str, Any]], bool] = lambda operation, params: False

    async def call(
        self,
        service: str,
        operation: str,
        params: dict[str, Any],
        *,
        principal: str | Caller,
        source_arn: str = "",
        durable: bool = True,
    ) -> Result:
        self.calls.append((operation, params))
        if self.wait(operation, params):
            await asyncio.Event().wait()
        if self.refuse(operation, params):
            raise ServiceError("InvalidParameterException", f"{operation} is refused.")
        await asyncio.sleep(0)
        given = params if operation == "TagResource" else _without_system_tags(params)
        answer: Result = getattr(self, operation)(**given) or {}
        return answer

    def made(self) -> list[str]:
        """The operations that changed something, in order."""
        return [name for name, _ in self.calls if not name.startswith(("Get", "Describe", "List"))]

    def CreateLogGroup(self, *, logGroupName: str, **rest: Any) -> None:  # noqa: N803
        if logGroupName in self.groups:
            raise ServiceError("ResourceAlreadyExistsException", "The specified log group already exists")
        self.groups[logGroupName] = dict(rest)

    def PutRetentionPolicy(self, *, logGroupName: str, retentionInDays: int) -> None:  # noqa: N803
        self.groups[logGroupName]["retentionInDays"] = retentionInDays

    def DeleteRetentionPolicy(self, *, logGroupName: str) -> None:  # noqa: N803
        self.groups[logGroupName].pop("retentionInDays")

    def DeleteLogGroup(self, *, logGroupName: str) -> None:  # noqa: N803
        if self.groups.pop(logGroupName, None) is None:
            raise ServiceError("ResourceNotFoundException", "The specified log group does not exist.")

    def DescribeLogGroups(self, *, logGroupNamePrefix: str) -> Result:  # noqa: N803
        return {"logGroups": [{"logGroupName": name} for name in self.groups if name.startswith(logGroupNamePrefix)]}

    def TagResource(self, *, resourceArn: str, tags: dict[str, str]) -> None:  # noqa: N803
        own = _without_system_tags({"tags": tags}).get("tags")
        if own:
            self.groups[resourceArn.split(":", 6)[6]].setdefault("tags", {}).update(own)

    def CreateRole(self, *, RoleName: str, **rest: Any) -> None:  # noqa: N803
        if RoleName in self.roles:
            raise ServiceError("EntityAlreadyExists", f"Role with name {RoleName} already exists.", status=409)
        self.roles[RoleName] = rest

    def GetRole(self, *, RoleName: str) -> Result:  # noqa: N803
        if RoleName not in self.roles:
            raise ServiceError("NoSuchEntity", f"The role with name {RoleName} cannot be found.", status=404)
        return {"Role": {"Arn": f"arn:aws:iam::{ACCOUNT}:role/{RoleName}", "RoleId": "AROA"}}

    def DeleteRole(self, *, RoleName: str) -> None:  # noqa: N803
        del self.roles[RoleName]

    def CreateFunction(self, *, FunctionName: str, **rest: Any) -> None:  # noqa: N803
        self.functions[FunctionName] = rest
        self.versions[FunctionName] = []

    def UpdateFunctionCode(self, *, FunctionName: str, **rest: Any) -> None:  # noqa: N803
        self.functions[FunctionName]["Code"] = rest

    def GetFunctionConfiguration(self, *, FunctionName: str) -> Result:  # noqa: N803
        return {
            "FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FunctionName}",
            "State": "Active",
            "CodeSha256": self._sha(FunctionName),
        }

    def ListVersionsByFunction(self, *, FunctionName: str) -> Result:  # noqa: N803
        return {"Versions": [{"Version": "$LATEST"}, *self.versions[FunctionName]]}

    def PublishVersion(self, *, FunctionName: str, Description: str = "") -> Result:  # noqa: N803
        published = self.versions[FunctionName]
        if not published or published[-1]["CodeSha256"] != self._sha(FunctionName):
            number = len(published) + 1
            arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FunctionName}:{number}"
            one = {"Version": str(number), "FunctionArn": arn, "CodeSha256": self._sha(FunctionName)}
            published.append({**one, "Description": Description})
        return published[-1]

    def DeleteFunction(self, *, FunctionName: str, Qualifier: str | None = None) -> None:  # noqa: N803
        if Qualifier is None:
            del self.functions[FunctionName], self.versions[FunctionName]
        else:
            kept = [one for one in self.versions[FunctionName] if one["Version"] != Qualifier]
            self.versions[FunctionName] = kept

    def _sha(self, name: str) -> str:
        return json.dumps(self.functions[name]["Code"])


class NoOne:
    """Authenticates nobody: nothing here comes over HTTP."""

    def authenticate(self, request: object, service: str) -> Caller:
        raise ServiceError("AccessDenied", "No one may.", status=403)


class Stacks:
    """A client of the service, as boto3 would see it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.neighbours = Neighbours()
        self.store = Store(path / "state.db")
        self.service = self._service()

    def _service(self) -> CloudFormation:
        environment = Environment(store=self.store, gateway=self.neighbours, authenticator=NoOne(), state_dir=self.path)
        return CloudFormation(environment)

    async def __call__(self, operation: str, **params: Any) -> Result:
        if isinstance(params.get("TemplateBody"), dict):
            params["TemplateBody"] = json.dumps(params["TemplateBody"])
        context = RequestContext(
            service="cloudformation", operation=operation, region=REGION, account_id=ACCOUNT, caller=CALLER,
            request_id=str(uuid.uuid4()), endpoint="http://127.0.0.1:4566",
        )  # fmt: skip
        return await self.service.operations()[operation](context, params)

    async def settled(self, name: str = "demo") -> dict[str, Any]:
        """The stack once nothing is under way."""
        stack = (await self("DescribeStacks", StackName=name))["Stacks"][0]
        await self.service.settled(stack["StackId"])
        found: dict[str, Any] = (await self("DescribeStacks", StackName=stack["StackId"]))["Stacks"][0]
        return found

    async def create(self, template: dict[str, Any], **params: Any) -> dict[str, Any]:
        await self("CreateStack", StackName="demo", TemplateBody=template, Capabilities=CAPABILITIES, **params)
        return await self.settled()

    async def update(self, template: dict[str, Any], **params: Any) -> dict[str, Any]:
        await self("UpdateStack", StackName="demo", TemplateBody=template, Capabilities=CAPABILITIES, **params)
        return await self.settled()

    async def changes(self, template: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
        """What a change set would do."""
        made = await self("CreateChangeSet", StackName="demo", ChangeSetName="change", TemplateBody=template,
                          Capabilities=CAPABILITIES, **params)  # fmt: skip
        answer = await self("DescribeChangeSet", ChangeSetName=made["Id"])
        return [change["ResourceChange"] for change in answer["Changes"]]

    async def events(self, name: str = "demo") -> list[tuple[str, str]]:
        """Logical id and status of every event, oldest first."""
        answer = await self("DescribeStackEvents", StackName=name)
        return [(one["LogicalResourceId"], one["ResourceStatus"]) for one in reversed(answer["StackEvents"])]

    async def restart(self) -> None:
        """What a kill and a new start do: everything in memory is gone, everything committed is there."""
        await self.service.stop()
        self.neighbours.wait = lambda operation, params: False
        self.service = self._service()
        await self.service.start()


CAPABILITIES = ["CAPABILITY_NAMED_IAM"]


@pytest.fixture
def stacks(tmp_path: Path) -> Iterator[Stacks]:
    client = Stacks(tmp_path)
    yield client
    client.store.close()
