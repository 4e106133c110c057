"""Functions, versions and aliases: in memory for reading, written through to the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.model import (
    Alias,
    FunctionRecord,
    FunctionVersion,
    version_document,
    version_from,
)
from mlfn_localstack.services.lambda_.names import LATEST, ArnFormat, is_version

if TYPE_CHECKING:
    from mlfn_localstack.store import Store

SIDE_KINDS = (
    *("lambda.policy", "lambda.event_config", "lambda.provisioned", "lambda.runtime_management"),
    *("lambda.recursion", "lambda.function_code_signing"),
)
"""Documents that hang on a qualifier of a function, with keys `<function>:<qualifier>`."""


class Repository:
    """Every function of the account."""

    def __init__(self, store: Store, arns: ArnFormat) -> None:
        self.arns = arns
        self._records = store.documents("lambda.function")
        self._version_documents = store.documents("lambda.version")
        self._alias_documents = store.documents("lambda.alias")
        self._counters = store.documents("lambda.counter")
        self._side = {kind: store.documents(kind) for kind in SIDE_KINDS}
        self._functions = {key: _record_from(body) for key, body in self._records.items()}
        self._versions: dict[str, dict[int, FunctionVersion]] = {}
        for key, body in self._version_documents.items():
            name, number = key.split(":")
            self._versions.setdefault(name, {})[int(number)] = version_from(body)
        self._aliases: dict[str, dict[str, Alias]] = {}
        for key, body in self._alias_documents.items():
            name, alias = key.split(":")
            self._aliases.setdefault(name, {})[alias] = _alias_from(body)

    def functions(self) -> list[FunctionRecord]:
        """All functions by name."""
        return [record for _, record in sorted(self._functions.items())]

    def exists(self, name: str) -> bool:
        """Whether there is such a function."""
        return name in self._functions

    def function(self, name: str, qualifier: str | None = None) -> FunctionRecord:
        """A function by name; `qualifier` only words the error."""
        record = self._functions.get(name)
        if record is None:
            raise errors.function_not_found(self.arns.function(name, qualifier))
        return record

    def put_function(self, record: FunctionRecord) -> None:
        """Create or replace a function."""
        name = record.latest.name
        self._functions[name] = record
        body = {"latest": version_document(record.latest), "tags": dict(record.tags), "reserved": record.reserved}
        self._records.put(name, body)

    def delete_function(self, name: str) -> None:
        """Remove a function with everything that hangs on it; its version numbers are never given again."""
        for number in list(self._versions.get(name, {})):
            self.delete_version(name, str(number))
        for alias in list(self._aliases.get(name, {})):
            self.delete_alias(name, alias)
        self._delete_side(name, "")
        self._delete_side(name, LATEST)
        del self._functions[name]
        self._records.delete(name)

    def version(self, name: str, qualifier: str) -> FunctionVersion:
        """A published version, or `$LATEST`."""
        record = self.function(name, qualifier)
        if qualifier == LATEST:
            return record.latest
        found = self._versions.get(name, {}).get(int(qualifier)) if is_version(qualifier) else None
        if found is None:
            raise errors.function_not_found(self.arns.function(name, qualifier))
        return found

    def versions(self, name: str) -> list[FunctionVersion]:
        """The published versions of a function, oldest first."""
        return [version for _, version in sorted(self._versions.get(name, {}).items())]

    def next_version(self, name: str) -> int:
        """A number that no version of that name has had, not even of a deleted function."""
        number = int(self._counters.get(name) or 0) + 1
        self._counters.put(name, number)
        return number

    def put_version(self, version: FunctionVersion) -> None:
        """Publish a version."""
        self._versions.setdefault(version.name, {})[int(version.version)] = version
        self._version_documents.put(f"{version.name}:{version.version}", version_document(version))

    def delete_version(self, name: str, version: str) -> None:
        """Remove a version if it is there."""
        self._versions.get(name, {}).pop(int(version), None)
        self._version_documents.delete(f"{name}:{version}")
        self._delete_side(name, version)

    def alias(self, name: str, alias: str) -> Alias | None:
        """An alias of a function, if there is one."""
        return self._aliases.get(name, {}).get(alias)

    def aliases(self, name: str) -> list[Alias]:
        """All aliases of a function by name."""
        return [alias for _, alias in sorted(self._aliases.get(name, {}).items())]

    def put_alias(self, name: str, alias: Alias) -> None:
        """Create or replace an alias."""
        self._aliases.setdefault(name, {})[alias.name] = alias
        self._alias_documents.put(f"{name}:{alias.name}", _alias_document(alias))

    def delete_alias(self, name: str, alias: str) -> None:
        """Remove an alias if it is there."""
        self._aliases.get(name, {}).pop(alias, None)
        self._alias_documents.delete(f"{name}:{alias}")
        self._delete_side(name, alias)

    def _delete_side(self, name: str, qualifier: str) -> None:
        for documents in self._side.values():
            documents.delete(f"{name}:{qualifier}")


def _record_from(body: dict[str, Any]) -> FunctionRecord:
    return FunctionRecord(latest=version_from(body["latest"]), tags=body["tags"], reserved=body["reserved"])


def _alias_document(alias: Alias) -> dict[str, Any]:
    return {
        "name": alias.name,
        "version": alias.version,
        "description": alias.description,
        "revision": alias.revision,
        "weights": [list(pair) for pair in alias.weights],
    }


def _alias_from(body: dict[str, Any]) -> Alias:
    return Alias(**{**body, "weights": tuple((version, float(weight)) for version, weight in body["weights"])})
