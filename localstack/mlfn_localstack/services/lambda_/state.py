"""What the operations of Lambda share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.configuration import dead_letters
from mlfn_localstack.services.lambda_.destinations import check_role
from mlfn_localstack.services.lambda_.names import FunctionReference, is_alias, parse_reference
from mlfn_localstack.services.lambda_.resolve import resolve

if TYPE_CHECKING:
    from mlfn_localstack.service import Environment, Params
    from mlfn_localstack.services.lambda_.code_download import CodeDownloads
    from mlfn_localstack.services.lambda_.code_signing import CodeSigning
    from mlfn_localstack.services.lambda_.concurrency import Concurrency
    from mlfn_localstack.services.lambda_.credentials import Credentials
    from mlfn_localstack.services.lambda_.execution.fleet import Fleet
    from mlfn_localstack.services.lambda_.execution.launch import Programs
    from mlfn_localstack.services.lambda_.invoker import Invoker
    from mlfn_localstack.services.lambda_.layers.repository import Layers
    from mlfn_localstack.services.lambda_.metrics import LambdaMetrics
    from mlfn_localstack.services.lambda_.model import FunctionVersion
    from mlfn_localstack.services.lambda_.repository import Repository
    from mlfn_localstack.store import Documents


@dataclass(frozen=True, slots=True, kw_only=True)
class LambdaState:
    """The parts of the service."""

    emulator: Environment
    repository: Repository
    programs: Programs
    credentials: Credentials
    concurrency: Concurrency
    fleet: Fleet
    invoker: Invoker
    metrics: LambdaMetrics
    downloads: CodeDownloads
    policies: Documents
    event_configs: Documents
    provisioned: Documents
    layers: Layers
    layer_policies: Documents
    code_signing: CodeSigning
    updating: set[str] = field(default_factory=set)
    """Functions whose code is being changed right now."""

    def reference(self, params: Params) -> FunctionReference:
        """The function and qualifier an operation is about.

        Raises:
            ServiceError: the name is none, or contradicts the qualifier.
        """
        return parse_reference(params["FunctionName"], params.get("Qualifier"), self.repository.arns)

    def version(self, reference: FunctionReference) -> FunctionVersion:
        """The version a reference describes: of a weighted alias, its main one.

        Raises:
            ServiceError: there is no such function, version or alias.
        """
        if reference.qualifier is None:
            return self.repository.function(reference.name).latest
        return resolve(self.repository, reference, lambda: 1.0).version

    def published(self, reference: FunctionReference) -> FunctionVersion:
        """The version a reference describes, where Lambda tells missing aliases from missing versions.

        Raises:
            ServiceError: there is no such function, version or alias.
        """
        name, qualifier = reference.name, reference.qualifier
        if qualifier and is_alias(qualifier) and self.repository.alias(name, qualifier) is None:
            raise errors.alias_not_found(self.repository.arns.function(name, qualifier))
        return self.version(reference)

    def revision(self, reference: FunctionReference) -> str:
        """The revision of a function, version or alias, which is its policy's, too."""
        alias = self.repository.alias(reference.name, reference.qualifier or "")
        return self.version(reference).revision if alias is None else alias.revision

    async def check_dead_letters(self, params: Params, role: str) -> None:
        """Refuse a dead-letter queue or topic that the function's role cannot reach.

        Raises:
            ServiceError: InvalidParameterValueException.
        """
        target = dead_letters(params)
        if target:
            await check_role(self.emulator.gateway, target, role)
