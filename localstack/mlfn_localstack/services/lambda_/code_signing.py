"""Code signing configurations, and which functions have one.

Nothing that comes here carries a signature of AWS Signer: where a configuration enforces them, all code is refused.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
"""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.store import Store

Document = dict[str, Any]
_ALPHABET = string.ascii_lowercase + string.digits
_ENFORCED = {"UntrustedArtifactOnDeployment": "Enforce"}


def new_id() -> str:
    """An identifier as Lambda's are."""
    return "csc-0" + "".join(secrets.choice(_ALPHABET) for _ in range(16))


class CodeSigning:
    """Every configuration of the account."""

    def __init__(self, store: Store) -> None:
        self._configurations = store.documents("lambda.code_signing")
        self._of_functions = store.documents("lambda.function_code_signing")

    def all(self) -> list[Document]:
        """Every configuration."""
        return [document for _, document in self._configurations.items()]

    def find(self, arn: str) -> Document | None:
        """A configuration, if there is one."""
        found: Document | None = self._configurations.get(arn)
        return found

    def get(self, arn: str) -> Document:
        """A configuration.

        Raises:
            ServiceError: ResourceNotFoundException.
        """
        found = self.find(arn)
        if found is None:
            message = f"The Lambda code signing configuration {arn} can not be found."
            raise ServiceError("ResourceNotFoundException", message, status=404, fields={"Type": None})
        return found

    def put(self, document: Document) -> None:
        """Create or replace a configuration."""
        self._configurations.put(document["CodeSigningConfigArn"], document)

    def delete(self, arn: str) -> None:
        """Remove a configuration."""
        self._configurations.delete(arn)

    def of(self, name: str) -> str | None:
        """The configuration of a function, if it has one."""
        found = self._of_functions.get(f"{name}:")
        return None if found is None else str(found["arn"])

    def functions(self, arn: str) -> list[str]:
        """The names of functions that have a configuration."""
        return [key.removesuffix(":") for key, found in self._of_functions.items() if found["arn"] == arn]

    def attach(self, name: str, arn: str) -> None:
        """Give a function a configuration."""
        self._of_functions.put(f"{name}:", {"arn": arn})

    def detach(self, name: str) -> None:
        """Take a function's configuration, if it has one."""
        self._of_functions.delete(f"{name}:")

    def check_exists(self, arn: str) -> None:
        """Refuse a configuration that a function cannot have, since there is none.

        Raises:
            ServiceError: CodeSigningConfigNotFoundException.
        """
        if self.find(arn) is None:
            message = (
                "The code signing configuration cannot be found. "
                f"Check that the provided configuration is not deleted: {arn}."
            )
            raise ServiceError("CodeSigningConfigNotFoundException", message, status=404, fields={"Type": "User"})

    def check_code(self, name: str, arn: str | None) -> None:
        """Refuse code, which has no signature, where a configuration wants one.

        Raises:
            ServiceError: CodeVerificationFailedException.
        """
        configuration = self.find(arn) if arn else None
        if configuration is not None and configuration["CodeSigningPolicies"] == _ENFORCED:
            message = (
                "Lambda cannot deploy the function. The function or layer might be signed using a signature that the "
                f"client is not configured to accept. Check the provided signature for {name}."
            )
            raise ServiceError("CodeVerificationFailedException", message, status=400, fields={"Type": "User"})
