"""Where mappings and their progress are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_.event_sources.progress import Progress, progress_from

if TYPE_CHECKING:
    from mlfn_localstack.services.lambda_.event_sources.mapping import Document
    from mlfn_localstack.store import Store


class Mappings:
    """All mappings by UUID, and how far each has come."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._documents = store.documents("lambda.mapping")
        self._progress = store.documents("lambda.mapping_progress")

    def all(self) -> list[Document]:
        """All mappings, by UUID."""
        return [document for _, document in self._documents.items()]

    def find(self, identifier: str) -> Document | None:
        """A mapping, or None."""
        return self._documents.get(identifier)

    def put(self, document: Document) -> None:
        """Write a mapping."""
        self._documents.put(document["UUID"], document)

    def delete(self, document: Document) -> None:
        """Remove a mapping and its progress."""
        self._documents.delete(document["UUID"])
        for key, _ in self._progress.items(f"{document['UUID']}:"):
            self._progress.delete(key)

    def note(self, document: Document, result: str) -> None:
        """Say how the last batch of a stream went; Lambda does not tell it of queues."""
        current = self.find(document["UUID"])
        if current is not None and current.get("LastProcessingResult", result) != result:
            self.put(current | {"LastProcessingResult": result})

    def progress(self, document: Document, shard: str) -> Progress:
        """How far a mapping has come in a shard."""
        return progress_from(self._progress.get(f"{document['UUID']}:{shard}"))

    def set_progress(self, document: Document, shard: str, progress: Progress) -> None:
        """Keep a mapping's progress (durable with the next commit)."""
        self._progress.put(f"{document['UUID']}:{shard}", progress.document())

    async def save_progress(self, document: Document, shard: str, progress: Progress) -> None:
        """Keep a mapping's progress durably, unless the mapping is gone."""
        if self.find(document["UUID"]) is not None:
            self.set_progress(document, shard, progress)
            await self._store.durable()
