"""The addresses that functions and aliases have, at most one each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.lambda_.names import FunctionReference

if TYPE_CHECKING:
    from mlfn_localstack.store import Store

Document = dict[str, Any]
"""`UrlId`, and the members of FunctionUrlConfig that were asked for."""


class FunctionUrls:
    """Every address of the account."""

    def __init__(self, store: Store) -> None:
        self._documents = store.documents("lambda.url")
        self._keys = {document["UrlId"]: key for key, document in self._documents.items()}

    def find(self, reference: FunctionReference) -> Document | None:
        """What is known of the address of a function or alias, if it has one."""
        found: Document | None = self._documents.get(_key(reference))
        return found

    def of_function(self, name: str) -> list[tuple[FunctionReference, Document]]:
        """The addresses of a function and its aliases, its own first."""
        return [(_reference(key), document) for key, document in self._documents.items(f"{name}:")]

    def at(self, url_id: str) -> tuple[FunctionReference, Document] | None:
        """Who has an address, if anybody has it."""
        key = self._keys.get(url_id, "")
        document = self._documents.get(key)
        return None if document is None else (_reference(key), document)

    def put(self, reference: FunctionReference, document: Document) -> None:
        """Give an address, or change its settings."""
        self._keys[document["UrlId"]] = _key(reference)
        self._documents.put(_key(reference), document)

    def delete(self, reference: FunctionReference) -> None:
        """Take an address back if there is one."""
        document = self.find(reference)
        if document is not None:
            del self._keys[document["UrlId"]]
            self._documents.delete(_key(reference))

    def forget(self, name: str) -> None:
        """Take back what a function and its aliases had."""
        for reference, _ in self.of_function(name):
            self.delete(reference)


def _key(reference: FunctionReference) -> str:
    return f"{reference.name}:{reference.qualifier or ''}"


def _reference(key: str) -> FunctionReference:
    name, _, qualifier = key.partition(":")
    return FunctionReference(name=name, qualifier=qualifier or None)
