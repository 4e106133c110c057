"""HTTP APIs and their parts: documents in the store, with a generation that tells the data plane of changes."""

from __future__ import annotations

import secrets
import string
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.apigatewayv2 import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.store import Store

Document = dict[str, Any]
_ID_ALPHABET = string.ascii_lowercase + string.digits
TIMES = ("CreatedDate", "LastUpdatedDate")


class Part(StrEnum):
    """What an API is made of."""

    ROUTE = "route"
    INTEGRATION = "integration"
    STAGE = "stage"
    AUTHORIZER = "authorizer"
    DEPLOYMENT = "deployment"


_NAMES = {
    Part.ROUTE: "Route",
    Part.INTEGRATION: "Integration",
    Part.STAGE: "Stage",
    Part.AUTHORIZER: "Authorizer",
    Part.DEPLOYMENT: "Deployment",
}
_CONFIGURED = (Part.ROUTE, Part.INTEGRATION, Part.AUTHORIZER)
"""What a deployment takes a snapshot of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What a stage serves: routes, integrations and authorizers by id."""

    routes: Mapping[str, Document]
    integrations: Mapping[str, Document]
    authorizers: Mapping[str, Document]


class Apis:
    """Every HTTP API of the account."""

    def __init__(self, store: Store, account_id: str) -> None:
        self._account_id = account_id
        self._apis = store.documents("apigatewayv2.api")
        self._parts = {part: store.documents(f"apigatewayv2.{part}") for part in Part}
        self._generations: Counter[str] = Counter()

    def generation(self, api_id: str) -> int:
        """Grows with every change to an API."""
        return self._generations[api_id]

    def all(self) -> list[Document]:
        """Every API."""
        return [body for _, body in self._apis.items()]

    def find(self, api_id: str) -> Document | None:
        """An API, if there is one."""
        return self._apis.get(api_id)

    def get(self, api_id: str) -> Document:
        """An API.

        Raises:
            ServiceError: 404.
        """
        found = self.find(api_id)
        if found is None:
            raise errors.not_found(f"Invalid API identifier specified {self._account_id}:{api_id}")
        return found

    def put(self, api: Document) -> None:
        """Create or replace an API."""
        self._apis.put(api["ApiId"], api)
        self._generations[api["ApiId"]] += 1

    def delete(self, api_id: str) -> None:
        """Remove an API with all its parts."""
        for documents in self._parts.values():
            for key, _ in documents.items(f"{api_id}/"):
                documents.delete(key)
        self._apis.delete(api_id)
        self._generations[api_id] += 1

    def parts(self, api_id: str, part: Part) -> dict[str, Document]:
        """All parts of a kind, by id."""
        prefix = f"{api_id}/"
        return {key.removeprefix(prefix): body for key, body in self._parts[part].items(prefix)}

    def find_part(self, api_id: str, part: Part, identifier: str) -> Document | None:
        """A part, if there is one."""
        return self._parts[part].get(f"{api_id}/{identifier}")

    def part(self, api_id: str, part: Part, identifier: str) -> Document:
        """A part of an API.

        Raises:
            ServiceError: 404.
        """
        self.get(api_id)
        found = self.find_part(api_id, part, identifier)
        if found is None:
            raise errors.not_found(f"Invalid {_NAMES[part]} identifier specified {identifier}")
        return found

    def put_part(self, api_id: str, part: Part, identifier: str, body: Document) -> None:
        """Create or replace a part; stages that deploy by themselves do so."""
        self._parts[part].put(f"{api_id}/{identifier}", body)
        self._changed(api_id, part)

    def delete_part(self, api_id: str, part: Part, identifier: str) -> None:
        """Remove a part.

        Raises:
            ServiceError: 404.
        """
        self.part(api_id, part, identifier)
        self._parts[part].delete(f"{api_id}/{identifier}")
        self._changed(api_id, part)

    def snapshot(self, api_id: str) -> Document:
        """Everything a deployment fixes."""
        return {part: self.parts(api_id, part) for part in _CONFIGURED}

    def served(self, api_id: str, stage: Document) -> Configuration:
        """What a stage serves: the API as it is if it deploys by itself, else its deployment."""
        if stage.get("AutoDeploy"):
            configured: Document = self.snapshot(api_id)
        else:
            deployment = self.find_part(api_id, Part.DEPLOYMENT, stage.get("DeploymentId") or "")
            configured = deployment["Snapshot"] if deployment else {part: {} for part in _CONFIGURED}
        return Configuration(
            routes=configured[Part.ROUTE],
            integrations=configured[Part.INTEGRATION],
            authorizers=configured[Part.AUTHORIZER],
        )

    def deploy(self, api_id: str, *, automatic: bool, description: str | None = None) -> Document:
        """A new deployment of the API as it is now."""
        deployment: Document = {
            "DeploymentId": new_id(6),
            "DeploymentStatus": "DEPLOYED",
            "AutoDeployed": automatic,
            "CreatedDate": now(),
            **({"Description": description} if description is not None else {}),
            "Snapshot": None if automatic else self.snapshot(api_id),
        }
        self._parts[Part.DEPLOYMENT].put(f"{api_id}/{deployment['DeploymentId']}", deployment)
        return deployment

    def _changed(self, api_id: str, part: Part) -> None:
        self._generations[api_id] += 1
        if part not in _CONFIGURED:
            return
        stages = {name: stage for name, stage in self.parts(api_id, Part.STAGE).items() if stage.get("AutoDeploy")}
        if not stages:
            return
        deployment = self.deploy(api_id, automatic=True)
        for name, stage in stages.items():
            self._parts[Part.DEPLOYMENT].delete(f"{api_id}/{stage.get('DeploymentId')}")
            updated = {**stage, **_deployed(deployment)}
            self._parts[Part.STAGE].put(f"{api_id}/{name}", updated)


def _deployed(deployment: Document) -> Document:
    identifier = deployment["DeploymentId"]
    message = f"Successfully deployed stage with deployment ID '{identifier}'"
    return {"DeploymentId": identifier, "LastDeploymentStatusMessage": message, "LastUpdatedDate": now()}


def new_id(length: int) -> str:
    """A random identifier as API Gateway's are."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(length))


def now() -> str:
    """The time, as documents hold it."""
    return datetime.now(UTC).replace(microsecond=0).isoformat()


def shown(document: Document, *hidden: str) -> Document:
    """A document in boto3's shape: times as datetimes, without what is the emulator's own."""
    result = {key: value for key, value in document.items() if key not in hidden and value is not None}
    return result | {key: datetime.fromisoformat(result[key]) for key in TIMES if key in result}
