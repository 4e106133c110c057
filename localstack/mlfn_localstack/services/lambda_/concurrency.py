"""How many calls may run at once: the account's limit and functions' reserved shares."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

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

    def reserved(self, name: str) -> int | None:
        """A function's reserved concurrency."""
        return self._repository.function(name).reserved if self._repository.exists(name) else None

    def unreserved(self) -> int:
        """What is left for functions without a reservation."""
        return self.account_limit - sum(record.reserved or 0 for record in self._repository.functions())

    @contextmanager
    def slot(self, name: str) -> Iterator[int]:
        """Count a call for as long as it runs; gives how many of the function run with it.

        Raises:
            ServiceError: 429: the function's or the account's limit is reached.
        """
        self._admit(name)
        self._running[name] += 1
        try:
            yield self._running[name]
        finally:
            self._running[name] -= 1

    def _admit(self, name: str) -> None:
        reserved = self.reserved(name)
        if reserved is not None:
            if self._running[name] >= reserved:
                raise errors.throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
        elif self._running_unreserved() >= self.unreserved():
            raise errors.throttled("ConcurrentInvocationLimitExceeded")

    def _running_unreserved(self) -> int:
        return sum(count for name, count in self._running.items() if count and self.reserved(name) is None)
