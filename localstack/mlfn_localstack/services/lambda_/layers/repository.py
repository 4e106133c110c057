"""The versions of layers, as documents; a version's number is never given twice."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.lambda_ import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_localstack.services.lambda_.names import ArnFormat
    from mlfn_localstack.store import Store

_ARN = re.compile(
    r"arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):layer:"
    r"(?P<name>[a-zA-Z0-9-_]+)(:(?P<version>[0-9]+))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerReference:
    """A layer, or one of its versions, of whichever account and region."""

    name: str
    version: int
    account_id: str
    region: str

    @property
    def arn(self) -> str:
        """Of the version, if there is one, else of the layer."""
        suffix = f":{self.version}" if self.version else ""
        return f"arn:aws:lambda:{self.region}:{self.account_id}:layer:{self.name}{suffix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerVersion:
    """What was published."""

    name: str
    version: int
    sha256: str
    size: int
    shown: dict[str, Any]
    """What every answer about it says beside its content and ARN."""


class Layers:
    """Every layer of the account."""

    def __init__(self, store: Store, arns: ArnFormat) -> None:
        self._numbers = store.documents("lambda.layer")
        self._versions = store.documents("lambda.layer_version")
        self.arns = arns

    def reference(self, text: str, version: int = 0) -> LayerReference:
        """The layer that a name or an ARN stands for."""
        match = _ARN.fullmatch(text)
        if match is None:
            return LayerReference(name=text, version=version, account_id=self.arns.account_id, region=self.arns.region)
        version = int(match["version"] or version)
        return LayerReference(name=match["name"], version=version, account_id=match["account"], region=match["region"])

    def own(self, text: str, version: int = 0) -> LayerReference:
        """The same, if it is this account's.

        Raises:
            ServiceError: it is another account's, whose policies are not known here.
        """
        reference = self.reference(text, version)
        if reference.account_id != self.arns.account_id:
            raise errors.access_denied(f"No resource-based policy of account {reference.account_id} allows this.")
        return reference

    def find(self, reference: LayerReference) -> LayerVersion | None:
        """A version, if it is here."""
        if reference.region != self.arns.region:
            return None
        document = self._versions.get(_key(reference.name, reference.version))
        return None if document is None else LayerVersion(**document)

    def next_version(self, name: str) -> int:
        """The number of a layer's next version, which nobody else gets."""
        number = int(self._numbers.get(name) or 0) + 1
        self._numbers.put(name, number)
        return number

    def put(self, version: LayerVersion) -> None:
        """Keep a version."""
        self._versions.put(_key(version.name, version.version), asdict(version))

    def delete(self, reference: LayerReference) -> None:
        """Forget a version if it is here; functions that have it keep it."""
        if reference.region == self.arns.region:
            self._versions.delete(_key(reference.name, reference.version))

    def of_layer(self, name: str) -> list[LayerVersion]:
        """A layer's versions, newest first."""
        return [LayerVersion(**document) for _, document in self._versions.items(f"{name}:")][::-1]

    def names(self) -> list[str]:
        """Layers that ever had a version."""
        return [name for name, _ in self._numbers.items()]

    def all(self) -> Iterator[LayerVersion]:
        """Every version of every layer."""
        return (LayerVersion(**document) for _, document in self._versions.items())


def _key(name: str, version: int) -> str:
    return f"{name}:{version:010d}"
