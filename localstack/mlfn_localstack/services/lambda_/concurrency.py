"""How many calls may run at once: the account's limit and functions' reserved shares."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_ import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_localstack.services.lambda_.repository import Repository

ACCOUNT_LIMIT = 1000
"""Default quota of concurrent executions."""
UNRESERVED_MINIMUM = 100


class Concurrency:
    """Counts calls under way."""

    def __init__(self, repository: Repository, account_limit: int = ACCOUNT_LIMIT) -> None:
        self.account_limit = account_limit
        self._repository = repository
        self._running: Counter[str] = Counter()
        self._provisioned: dict[str, dict[str, int]] = {}
        """Of functions that have any: how many environments of which version."""
        self._running_versions: Counter[tuple[str, str]] = Counter()
        """Calls of those functions."""

    def provision(self, name: str, version: str, count: int) -> None:
        """Set environments of a version aside for its own calls (0: none)."""
        versions = self._provisioned.setdefault(name, {})
        versions[version] = count
        if not any(versions.values()):
            del self._provisioned[name]

    def forget(self, name: str) -> None:
        """Take what a function's versions had back, once it is gone."""
        self._provisioned.pop(name, None)

    def reserved(self, name: str) -> int | None:
        """A function's reserved concurrency."""
        return self._repository.function(name).reserved if self._repository.exists(name) else None

    def unreserved(self) -> int:
        """What is left for functions without a reservation."""
        return self.account_limit - sum(record.reserved or 0 for record in self._repository.functions())

    def check_unreserved(self, wanted: int, member: str, held: int = 0) -> None:
        """Refuse what leaves too little for functions without a reservation; `held` is what is given back for it.

        Raises:
            ServiceError: InvalidParameterValueException.
        """
        left = self.unreserved() + held
        message = ""
        if wanted > left and not held and member == "ConcurrentExecutions":
            message = f"Specified {member} for function is greater than account's unreserved concurrency [{left}]."
        elif left - wanted < UNRESERVED_MINIMUM:
            message = (
                f"Specified {member} for function decreases account's UnreservedConcurrentExecution below its minimum "
                f"value of [{UNRESERVED_MINIMUM}]."
            )
        if message:
            raise ServiceError("InvalidParameterValueException", message, fields={"Type": None})

    @contextmanager
    def slot(self, name: str, version: str) -> Iterator[int]:
        """Count a call for as long as it runs; gives how many of the function run with it.

        Raises:
            ServiceError: 429: the function's or the account's limit is reached.
        """
        self._admit(name, version)
        self._running[name] += 1
        is_provisioned = name in self._provisioned
        if is_provisioned:
            self._running_versions[name, version] += 1
        try:
            yield self._running[name]
        finally:
            self._running[name] -= 1
            if is_provisioned:
                self._running_versions[name, version] -= 1

    def _admit(self, name: str, version: str) -> None:
        reserved = self.reserved(name)
        if reserved is not None:
            if self._running[name] >= reserved or not self._has_share(name, version, reserved):
                raise errors.throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
        elif self._running_unreserved() >= self.unreserved():
            raise errors.throttled("ConcurrentInvocationLimitExceeded")

    def _has_share(self, name: str, version: str, reserved: int) -> bool:
        """Whether a call fits into what its version has provisioned, or what all that leaves of a reservation."""
        versions = self._provisioned.get(name)
        if versions is None or self._running_versions[name, version] < versions.get(version, 0):
            return True
        aside = sum(versions.values())
        inside = sum(min(self._running_versions[name, each], count) for each, count in versions.items())
        return self._running[name] - inside < reserved - aside

    def _running_unreserved(self) -> int:
        return sum(count for name, count in self._running.items() if count and self.reserved(name) is None)
