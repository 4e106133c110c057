"""A function's unpublished state, `$LATEST`: changed by fast deploys behind the stack's back, and put back for it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn.errors import DeployError
from mlfn_deployers.aws.packages.uploading import code_argument, code_sha256

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

DIGEST, FAST = "MLFN_IMAGE_DIGEST", "MLFN_FAST"
"""The second marks what a fast deploy made: a stack can publish the same code again only if something else differs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """Changes functions outside of their stack."""

    client: LambdaClient
    bucket: str
    """Where archives are."""
    poll_s: float

    def publish(self, name: str, image: str, version: str) -> str:
        """The number of a new version that runs `image` and is otherwise what the function is now."""
        self._configure(name, self._variables(name) | {FAST: "1", DIGEST: _digest(image)})
        self._code(name, image)
        published = self.client.publish_version(FunctionName=name, Description=version, CodeSha256=code_sha256(image))
        return str(published["Version"])

    def restore(self, name: str, image: str) -> bool:
        """Put a function back to the image its stack knows; False if it has that, or nobody has it any more.

        A fast deploy, complete or killed, leaves another one; so does a rollback of the stack that had to skip it.
        """
        found: Any = self.client.get_function_configuration(FunctionName=name)
        variables: dict[str, str] = dict(found.get("Environment", {}).get("Variables", {}))
        if variables.pop(FAST, None) is None and found["CodeSha256"] == _digest(image).removeprefix("sha256:"):
            return False
        try:
            self._code(name, image)
        except self.client.exceptions.InvalidParameterValueException:
            return False
        self._configure(name, variables | {DIGEST: _digest(image)})
        return True

    def _configure(self, name: str, variables: dict[str, str]) -> None:
        self.client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        self._settle(name)

    def _code(self, name: str, image: str) -> None:
        self.client.update_function_code(FunctionName=name, **code_argument(image, self.bucket))
        self._settle(name)

    def _variables(self, name: str) -> dict[str, str]:
        found: Any = self.client.get_function_configuration(FunctionName=name)
        variables: dict[str, str] = found.get("Environment", {}).get("Variables", {})
        return variables

    def _settle(self, name: str) -> None:
        while True:
            found = self.client.get_function_configuration(FunctionName=name)
            match found.get("LastUpdateStatus", "Successful"):
                case "Successful":
                    return
                case "Failed":
                    raise DeployError(
                        f"Lambda could not update {name}: {found.get('LastUpdateStatusReason', 'no reason given')}",
                        hint="What answered before still answers. Deploy without --fast.",
                    )
            time.sleep(self.poll_s)


def _digest(image: str) -> str:
    return image.rpartition("@")[2]
