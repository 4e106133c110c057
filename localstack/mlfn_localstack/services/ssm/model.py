"""What the Parameter Store keeps: parameters by name, with the versions of their values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.ssm import errors

if TYPE_CHECKING:
    from mlfn_localstack.service import Environment

Parameter = dict[str, Any]
"""`Name`, `Tags`, and `Versions` by number, oldest first, each with its value (secure ones sealed) and settings."""
MOST_VERSIONS = 100
_NAME = re.compile(r"[a-zA-Z0-9_.\-/]{1,1011}")
_RESERVED = re.compile(r"/?(aws|ssm)", re.IGNORECASE)
_MOST_LEVELS = 15


class ParameterState:
    """The parameters."""

    def __init__(self, environment: Environment) -> None:
        self._parameters = environment.store.documents("ssm-parameter")
        self._prefix = f"arn:aws:ssm:{environment.region}:{environment.account_id}:parameter/"

    def arn(self, name: str) -> str:
        """A parameter's ARN: a leading slash of its name is that of the ARN."""
        return self._prefix + name.removeprefix("/")

    def find(self, given: str) -> Parameter | None:
        """A parameter by name or ARN, or None."""
        if not given.startswith("arn:"):
            return self._parameters.get(given)
        bare = given.removeprefix(self._prefix)
        return self._parameters.get(f"/{bare}") or self._parameters.get(bare)

    def parameter(self, given: str) -> Parameter:
        """A parameter by name or ARN.

        Raises:
            ServiceError: ParameterNotFound.
        """
        found = self.find(given)
        if found is None:
            raise errors.not_found()
        return found

    def all(self) -> list[Parameter]:
        """Every parameter, by name."""
        return [parameter for _, parameter in self._parameters.items()]

    def save(self, parameter: Parameter) -> None:
        """Write a parameter."""
        self._parameters.put(parameter["Name"], parameter)

    def delete(self, parameter: Parameter) -> None:
        """Remove a parameter and its values."""
        self._parameters.delete(parameter["Name"])


def newest(parameter: Parameter) -> tuple[int, dict[str, Any]]:
    """A parameter's newest version."""
    number = max(map(int, parameter["Versions"]))
    return number, parameter["Versions"][str(number)]


def check_name(name: str) -> None:
    """Refuse names that no parameter may have.

    Raises:
        ServiceError: ValidationException, HierarchyLevelLimitExceededException.
    """
    if not _NAME.fullmatch(name) or ("/" in name and not name.startswith("/")) or name.endswith("/"):
        raise errors.invalid(
            'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of '
            "sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the "
            "following 3 symbols .-_"
        )
    if _RESERVED.match(name):
        raise errors.invalid("No access to reserved parameter name: " + name + ".")
    if name.count("/") > _MOST_LEVELS:
        raise errors.too_deep()
