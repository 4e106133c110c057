"""AWS Lambda."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mlfn_localstack.http import Route
from mlfn_localstack.options import RUNNER
from mlfn_localstack.services.lambda_.cleaning import CodeCleaner
from mlfn_localstack.services.lambda_.code import CodeIntake
from mlfn_localstack.services.lambda_.code_download import PATH, CodeDownloads
from mlfn_localstack.services.lambda_.code_signing import CodeSigning
from mlfn_localstack.services.lambda_.concurrency import ACCOUNT_LIMIT, Concurrency
from mlfn_localstack.services.lambda_.credentials import Credentials
from mlfn_localstack.services.lambda_.environments import EnvironmentFactory
from mlfn_localstack.services.lambda_.event_queue import EventQueue
from mlfn_localstack.services.lambda_.event_sources.follower import Pace
from mlfn_localstack.services.lambda_.event_sources.pollers import Pollers
from mlfn_localstack.services.lambda_.event_sources.repository import Mappings
from mlfn_localstack.services.lambda_.execution.fleet import Fleet, FleetLimits
from mlfn_localstack.services.lambda_.execution.launch import Programs
from mlfn_localstack.services.lambda_.execution.leftover_containers import remove_leftovers
from mlfn_localstack.services.lambda_.execution.output_folder import OutputFolder
from mlfn_localstack.services.lambda_.execution.runners import DEFAULT, choose
from mlfn_localstack.services.lambda_.function_urls.data_plane import HOST, PREFIX, UrlDataPlane
from mlfn_localstack.services.lambda_.function_urls.repository import FunctionUrls
from mlfn_localstack.services.lambda_.invoker import Invoker
from mlfn_localstack.services.lambda_.layers.repository import Layers
from mlfn_localstack.services.lambda_.metrics import LambdaMetrics
from mlfn_localstack.services.lambda_.names import ArnFormat
from mlfn_localstack.services.lambda_.operations_account import AccountOperations
from mlfn_localstack.services.lambda_.operations_aliases import AliasOperations
from mlfn_localstack.services.lambda_.operations_code_signing import CodeSigningOperations
from mlfn_localstack.services.lambda_.operations_concurrency import ConcurrencyOperations
from mlfn_localstack.services.lambda_.operations_event_config import EventConfigOperations
from mlfn_localstack.services.lambda_.operations_functions import FunctionOperations
from mlfn_localstack.services.lambda_.operations_invoke import InvokeOperations
from mlfn_localstack.services.lambda_.operations_layer_permissions import LayerPermissionOperations
from mlfn_localstack.services.lambda_.operations_layers import LayerOperations
from mlfn_localstack.services.lambda_.operations_mappings import MappingOperations
from mlfn_localstack.services.lambda_.operations_permissions import PermissionOperations
from mlfn_localstack.services.lambda_.operations_provisioned import ProvisionedOperations
from mlfn_localstack.services.lambda_.operations_runtime import RuntimeOperations
from mlfn_localstack.services.lambda_.operations_tags import TagOperations
from mlfn_localstack.services.lambda_.operations_updates import UpdateOperations
from mlfn_localstack.services.lambda_.operations_urls import UrlOperations
from mlfn_localstack.services.lambda_.operations_versions import VersionOperations
from mlfn_localstack.services.lambda_.repository import Repository
from mlfn_localstack.services.lambda_.state import LambdaState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.service import Environment, Operation


logger = logging.getLogger(__name__)


class Lambda:
    """Functions, and the environments they run in."""

    name = "lambda"

    def __init__(self, environment: Environment) -> None:
        self._output = OutputFolder(environment)
        self._state = _build_state(environment, self._output)
        environment.log_sources.append(self._state.fleet.logged)
        self._urls = FunctionUrls(environment.store)
        self._queue = EventQueue(self._state, retry_s=float(environment.options.get("lambda_async_retry_s", "1")))
        self._provisioned = ProvisionedOperations(self._state)
        self._mappings = Mappings(environment.store)
        self._pollers = Pollers(self._state, self._mappings, _pace(environment))
        self._cleaner = CodeCleaner(self._state.repository, self._state.fleet, self._state.programs.trees)
        invoke = InvokeOperations(self._state, self._queue)
        self._data_plane = UrlDataPlane(environment, self._urls, self._state.repository.arns, invoke.invoke)
        self._operations = self._table(CodeIntake(environment, self._state.programs), invoke)

    def operations(self) -> Mapping[str, Operation]:
        """Every supported operation."""
        return self._operations

    def routes(self) -> Sequence[Route]:
        """The archives of functions, where GetFunction says they are, and the URLs of functions."""
        return (
            Route(prefix=PATH, handler=self._state.downloads.handle),
            Route(prefix=PREFIX, handler=self._data_plane.handle_path, signing_name="lambda"),
            Route(host_pattern=HOST, handler=self._data_plane.handle_host),
        )

    async def start(self) -> None:
        """Go on with queued events and streams, and warm what is provisioned."""
        await self._output.recover()
        self._queue.start()
        self._pollers.start()
        self._provisioned.restore()
        self._cleaner.start()

    async def stop(self) -> None:
        """End every environment."""
        await self._cleaner.stop()
        await self._pollers.stop()
        await self._queue.stop()
        await self._state.fleet.stop()
        self._output.close()
        await self._state.metrics.stop()

    def _table(self, intake: CodeIntake, invoke: InvokeOperations) -> dict[str, Operation]:
        groups = (
            FunctionOperations(self._state, intake, self._cleaner, self._urls),
            UrlOperations(self._state, self._urls),
            UpdateOperations(self._state, intake),
            LayerOperations(self._state, intake),
            LayerPermissionOperations(self._state),
            VersionOperations(self._state),
            AliasOperations(self._state, self._provisioned.moved),
            PermissionOperations(self._state),
            ConcurrencyOperations(self._state),
            self._provisioned,
            EventConfigOperations(self._state),
            MappingOperations(self._state, self._mappings, self._pollers),
            TagOperations(self._state, self._mappings),
            AccountOperations(self._state),
            CodeSigningOperations(self._state),
            RuntimeOperations(self._state),
            invoke,
        )
        return {name: operation for group in groups for name, operation in group.operations().items()}


def _pace(environment: Environment) -> Pace:
    given = {name: environment.options.get(f"lambda_stream_{name}") for name in ("poll_s", "retry_s")}
    return Pace(**{name: float(value) for name, value in given.items() if value is not None})


def _build_state(environment: Environment, output: OutputFolder) -> LambdaState:
    store = environment.store
    repository = Repository(store, ArnFormat(account_id=environment.account_id, region=environment.region))
    selection = choose(environment.options.get(RUNNER, DEFAULT), environment.state_dir)
    logger.info("Functions run under the %s runner (isolation: %s).", selection.name, selection.isolation)
    environment.health["lambda"] = {"runner": selection.name, "isolation": selection.isolation}
    programs, credentials = Programs(environment, mounted=selection.mounted), Credentials(environment.gateway)
    limit = int(environment.options.get("lambda_account_limit", ACCOUNT_LIMIT))
    concurrency = Concurrency(repository, limit)
    factory = EnvironmentFactory(
        emulator=environment, programs=programs, credentials=credentials, output=output, mounted=selection.mounted
    )
    factory.clear()
    remove_leftovers(environment.state_dir)
    idle_s = float(environment.options.get("lambda_idle_s", FleetLimits().idle_s))
    fleet = Fleet(factory.make, selection.runner, cap=concurrency.reserved, limits=FleetLimits(idle_s=idle_s))
    metrics = LambdaMetrics(environment.gateway)
    return LambdaState(
        emulator=environment,
        repository=repository,
        programs=programs,
        credentials=credentials,
        concurrency=concurrency,
        fleet=fleet,
        invoker=Invoker(repository, concurrency, fleet, metrics),
        metrics=metrics,
        downloads=CodeDownloads(environment),
        layers=Layers(store, repository.arns),
        layer_policies=store.documents("lambda.layer_policy"),
        code_signing=CodeSigning(store),
        policies=store.documents("lambda.policy"),
        event_configs=store.documents("lambda.event_config"),
        provisioned=store.documents("lambda.provisioned"),
    )
