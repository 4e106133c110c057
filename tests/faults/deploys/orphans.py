"""What is there that no stack, no version and no release accounts for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import boto3

STABLE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
BUCKET_PREFIXES = ("keys/", "mlfn/")
"""What belongs in the data bucket of an app that keeps no payloads."""


class World:
    """Everything an account holds, seen from outside."""

    def __init__(self, session: boto3.Session, endpoint: str) -> None:
        self._make: Any = session.client
        self._endpoint = endpoint

    def stuck(self) -> list[str]:
        """Stacks that are in no state to go on from."""
        return [
            f"{stack['StackName']} is {stack['StackStatus']}"
            for stack in self._stacks()
            if stack["StackStatus"] not in STABLE
        ]

    def orphans(self) -> list[str]:
        """Resources that nothing accounts for, each with its kind."""
        stacked = {kind: set(names) for kind, names in self._stacked().items()}
        wanted = {
            "AWS::Lambda::Function": self._functions(),
            "AWS::Logs::LogGroup": self._log_groups(),
            "AWS::IAM::Role": self._roles(),
            "AWS::IAM::ManagedPolicy": self._policies(),
            "AWS::StepFunctions::StateMachine": self._state_machines(),
            "AWS::ApiGatewayV2::Api": self._apis(),
            "AWS::Lambda::EventSourceMapping": self._mappings(),
        }
        found = [
            f"{kind} {name}"
            for kind, names in wanted.items()
            for name in sorted(names)
            if name not in stacked.get(kind, set())
        ]
        return found + self._lost_images() + self._lost_versions() + self._lost_objects() + self._lost_change_sets()

    def _stacks(self) -> list[dict[str, Any]]:
        return list(self._all("cloudformation", "describe_stacks", "Stacks"))

    def _stacked(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for stack in self._stacks():
            resources = self._all(
                "cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=stack["StackName"]
            )
            for each in resources:
                found.setdefault(each["ResourceType"], []).append(each.get("PhysicalResourceId", ""))
        return found

    def _all(self, service: str, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
        for page in self._make(service, endpoint_url=self._endpoint).get_paginator(operation).paginate(**arguments):
            yield from page.get(key, ())

    def _functions(self) -> set[str]:
        return {each["FunctionName"] for each in self._all("lambda", "list_functions", "Functions")}

    def _log_groups(self) -> set[str]:
        return {each["logGroupName"] for each in self._all("logs", "describe_log_groups", "logGroups")}

    def _roles(self) -> set[str]:
        return {each["RoleName"] for each in self._all("iam", "list_roles", "Roles")}

    def _policies(self) -> set[str]:
        return {each["Arn"] for each in self._all("iam", "list_policies", "Policies", Scope="Local")}

    def _state_machines(self) -> set[str]:
        return {each["stateMachineArn"] for each in self._all("stepfunctions", "list_state_machines", "stateMachines")}

    def _apis(self) -> set[str]:
        return {each["ApiId"] for each in self._all("apigatewayv2", "get_apis", "Items")}

    def _mappings(self) -> set[str]:
        return {each["UUID"] for each in self._all("lambda", "list_event_source_mappings", "EventSourceMappings")}

    def _versions(self) -> list[dict[str, Any]]:
        return [
            version
            for function in sorted(self._functions())
            for version in self._all("lambda", "list_versions_by_function", "Versions", FunctionName=function)
        ]

    def _lost_images(self) -> list[str]:
        """Images that no function and no version runs."""
        run = {version["CodeSha256"] for version in self._versions()}
        images = self._all("ecr", "list_images", "imageIds", repositoryName="mlfn-dev")
        return [
            f"image {image.get('imageTag', image['imageDigest'])}"
            for image in images
            if image["imageDigest"].removeprefix("sha256:") not in run
        ]

    def _lost_versions(self) -> list[str]:
        """Versions whose image is gone, so that they could not be started again on another machine."""
        held = {
            image["imageDigest"].removeprefix("sha256:")
            for image in self._all("ecr", "list_images", "imageIds", repositoryName="mlfn-dev")
        }
        return [
            f"version {version['FunctionName']}:{version['Version']}"
            for version in self._versions()
            if version["CodeSha256"] not in held
        ]

    def _lost_objects(self) -> list[str]:
        (bucket,) = (each["Name"] for each in self._all("s3", "list_buckets", "Buckets") if "-data-" in each["Name"])
        found = self._all("s3", "list_object_versions", "Versions", Bucket=bucket)
        return [f"object {each['Key']}" for each in found if not each["Key"].startswith(BUCKET_PREFIXES)]

    def _lost_change_sets(self) -> list[str]:
        return [
            f"change set of {stack['StackName']}"
            for stack in self._stacks()
            for each in self._all("cloudformation", "list_change_sets", "Summaries", StackName=stack["StackName"])
            if each["ExecutionStatus"] == "AVAILABLE"
        ]
