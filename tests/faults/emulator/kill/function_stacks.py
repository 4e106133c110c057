"""Stacks of functions that are images, with versions and aliases, while the emulator is killed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, ClassVar

from botocore.exceptions import ClientError
from tests.faults.emulator.images import push_function
from tests.faults.emulator.kill.stacks import StackLoad

_ANSWER = """
import os
def handler(event, headers):
    return {{"image": "{image}", "value": os.environ["VALUE"]}}
"""
_REPOSITORY = "fault-functions"


class FunctionStackLoad(StackLoad):
    """As its sibling, with a function in every stack, which answers with what it was made of."""

    prefix: ClassVar = "functions"

    def __init__(self, client: Callable[[str], Any], role: str, port: int) -> None:
        super().__init__(client("cloudformation"), client("dynamodb"))
        self.name = "cloudformation, images"
        self._ecr = client("ecr")
        self._lambda = client("lambda")
        self._role = role
        self._port = port
        self._images: list[str] = []

    def prepare(self) -> None:
        """Two images."""
        self._ecr.create_repository(repositoryName=_REPOSITORY)
        for image in ("one", "two"):
            code = _ANSWER.format(image=image)
            self._images.append(push_function(self._ecr, self._port, _REPOSITORY, code))

    def _agree(self, state: str) -> None:
        try:
            answer = self._lambda.invoke(FunctionName=f"{self._stack}-f", Qualifier="live", Payload=b"{}")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            found = None
        else:
            found = json.loads(answer["Payload"].read())
        if state in ("GONE", "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_COMPLETE"):
            if found is not None:
                self.tally.wrong.append(f"{self._stack} is {state} and left a function: {found}")
        elif not state.endswith("_COMPLETE"):
            self.tally.wrong.append(f"{self._stack} ended as {state}: {self._reason()}")
        elif found not in [self._expected(content) for content in self._contents]:
            self.tally.wrong.append(f"{self._stack} is {state} and answers {found} instead of {self._contents}")

    def _expected(self, content: dict[str, str]) -> dict[str, str]:
        return {"image": ("one", "two")[len(content) - 1], "value": content["A"]}

    def _template(self, tables: dict[str, str]) -> str:
        """Of one value the first image, of two the second."""
        image = self._images[len(tables) - 1]
        digest = hashlib.sha256(f"{image} {tables['A']}".encode()).hexdigest()[:12]
        function = {
            "FunctionName": f"{self._stack}-f",
            "PackageType": "Image",
            "Code": {"ImageUri": image},
            "Role": self._role,
            "Environment": {"Variables": {"VALUE": tables["A"]}},
        }
        version = {"FunctionName": {"Ref": "Function"}}
        alias = {**version, "Name": "live", "FunctionVersion": {"Fn::GetAtt": [f"Version{digest}", "Version"]}}
        resources = {
            "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
            f"Version{digest}": {"Type": "AWS::Lambda::Version", "Properties": version},
            "Alias": {"Type": "AWS::Lambda::Alias", "Properties": alias},
        }
        return json.dumps({"Resources": resources})
