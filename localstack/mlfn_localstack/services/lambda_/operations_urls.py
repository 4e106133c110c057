"""Create-, Get-, Update-, List- and DeleteFunctionUrlConfig(s)."""

from __future__ import annotations

import secrets
import string
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.function_urls.data_plane import PREFIX
from mlfn_localstack.services.lambda_.names import is_alias
from mlfn_localstack.services.lambda_.paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.lambda_.function_urls.repository import Document, FunctionUrls
    from mlfn_localstack.services.lambda_.names import FunctionReference
    from mlfn_localstack.services.lambda_.state import LambdaState

_NO_FUNCTION = "Function does not exist"
_NO_CONFIG = "The resource you requested does not exist."
_ALPHABET = string.ascii_lowercase + string.digits
_ID_LENGTH = 32
_SETTINGS = ("AuthType", "Cors", "InvokeMode")


class UrlOperations:
    """The HTTP addresses of functions and aliases."""

    def __init__(self, state: LambdaState, urls: FunctionUrls) -> None:
        self._state = state
        self._urls = urls

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "CreateFunctionUrlConfig": self.create,
            "GetFunctionUrlConfig": self.get,
            "UpdateFunctionUrlConfig": self.update,
            "ListFunctionUrlConfigs": self.list,
            "DeleteFunctionUrlConfig": self.delete,
        }

    async def create(self, context: RequestContext, params: Params) -> Result:
        """The new address."""
        reference = self._target(params)
        _check(params)
        if self._urls.find(reference) is not None:
            raise errors.conflict(
                f"Failed to create function url config for [functionArn = {self._arn(reference)}]. "
                "Error message:  FunctionUrlConfig exists for this Lambda function"
            )
        now = _now()
        document: Document = {
            "UrlId": "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH)),
            "CreationTime": now,
            "LastModifiedTime": now,
            **_settings(params),
        }
        self._urls.put(reference, document)
        shown = self._shown(context, reference, document)
        return {name: value for name, value in shown.items() if name != "LastModifiedTime"}

    async def get(self, context: RequestContext, params: Params) -> Result:
        """An address."""
        reference = self._state.reference(params)
        return {"InvokeMode": "BUFFERED", **self._shown(context, reference, self._existing(reference))}

    async def update(self, context: RequestContext, params: Params) -> Result:
        """The address with some settings changed."""
        reference = self._target(params)
        document = self._existing(reference)
        _check(params)
        document = {**document, **_settings(params), "LastModifiedTime": _now()}
        if not document.get("Cors"):
            document.pop("Cors", None)
        self._urls.put(reference, document)
        return self._shown(context, reference, document)

    async def list(self, context: RequestContext, params: Params) -> Result:
        """The addresses of a function and its aliases."""
        name = self._state.reference(params).name
        if not self._state.repository.exists(name):
            raise errors.not_found(_NO_FUNCTION)
        found = self._urls.of_function(name)
        shown = [{"InvokeMode": "BUFFERED", **self._shown(context, *each)} for each in found]
        return page(shown, params, "FunctionUrlConfigs")

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the address is nobody's."""
        reference = self._state.reference(params)
        self._existing(reference)
        self._urls.delete(reference)
        return {}

    def _target(self, params: Params) -> FunctionReference:
        """The function or alias that an address is for."""
        reference, repository = self._state.reference(params), self._state.repository
        name, qualifier = reference.name, reference.qualifier
        is_there = repository.exists(name) and (qualifier is None or repository.alias(name, qualifier) is not None)
        if not is_there or (qualifier and not is_alias(qualifier)):
            raise errors.not_found(_NO_FUNCTION)
        return reference

    def _existing(self, reference: FunctionReference) -> Document:
        document = self._urls.find(reference)
        if document is None:
            raise errors.not_found(_NO_CONFIG)
        return document

    def _arn(self, reference: FunctionReference) -> str:
        return self._state.repository.arns.function(reference.name, reference.qualifier)

    def _shown(self, context: RequestContext, reference: FunctionReference, document: Document) -> dict[str, Any]:
        settings = {name: value for name, value in document.items() if name != "UrlId"}
        url = f"{context.endpoint}{PREFIX}{document['UrlId']}/"
        return {"FunctionUrl": url, "FunctionArn": self._arn(reference), **settings}


def _settings(params: Params) -> dict[str, Any]:
    return {name: params[name] for name in _SETTINGS if params.get(name) is not None}


def _check(params: Params) -> None:
    if params.get("InvokeMode") == "RESPONSE_STREAM":
        raise errors.invalid_parameter(
            "The emulator buffers what functions answer at their URLs; it does not support InvokeMode RESPONSE_STREAM."
        )


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
