"""Create-, Get-, List-, Update- and DeleteCodeSigningConfig(s), and the configurations of functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.code_signing import Document, new_id
from mlfn_localstack.services.lambda_.model import timestamp
from mlfn_localstack.services.lambda_.paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.lambda_.state import LambdaState

_MEMBERS = ("Description", "AllowedPublishers", "CodeSigningPolicies")
_WARN = {"UntrustedArtifactOnDeployment": "Warn"}


class CodeSigningOperations:
    """Whose signatures code needs."""

    def __init__(self, state: LambdaState) -> None:
        self._state = state
        self._signing = state.code_signing

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "CreateCodeSigningConfig": self.create,
            "GetCodeSigningConfig": self.get,
            "ListCodeSigningConfigs": self.list,
            "UpdateCodeSigningConfig": self.update,
            "DeleteCodeSigningConfig": self.delete,
            "PutFunctionCodeSigningConfig": self.attach,
            "GetFunctionCodeSigningConfig": self.of_function,
            "DeleteFunctionCodeSigningConfig": self.detach,
            "ListFunctionsByCodeSigningConfig": self.functions,
        }

    async def create(self, context: RequestContext, params: Params) -> Result:
        """The new configuration; it warns of unsigned code unless it is to refuse it."""
        identifier = new_id()
        document: Document = {
            "CodeSigningConfigId": identifier,
            "CodeSigningConfigArn": f"arn:aws:lambda:{context.region}:{context.account_id}:code-signing-config:"
            f"{identifier}",
            "Description": "",
            "CodeSigningPolicies": _WARN,
            **_given(params),
            "LastModified": timestamp(),
            "Tags": dict(params.get("Tags") or {}),
        }
        self._signing.put(document)
        return _shown(document)

    async def get(self, _context: RequestContext, params: Params) -> Result:
        """A configuration."""
        return _shown(self._signing.get(params["CodeSigningConfigArn"]))

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """All configurations."""
        shown = [_shown(document)["CodeSigningConfig"] for document in self._signing.all()]
        return page(shown, params, "CodeSigningConfigs")

    async def update(self, _context: RequestContext, params: Params) -> Result:
        """The configuration with some members changed."""
        document = {
            **self._signing.get(params["CodeSigningConfigArn"]),
            **_given(params),
            "LastModified": timestamp(),
        }
        self._signing.put(document)
        return _shown(document)

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once no function has it and it is gone."""
        arn = params["CodeSigningConfigArn"]
        self._signing.get(arn)
        users = self._signing.functions(arn)
        if users:
            raise errors.conflict(f"The code signing configuration {arn} is used by functions: {', '.join(users)}.")
        self._signing.delete(arn)
        return {}

    async def attach(self, _context: RequestContext, params: Params) -> Result:
        """The function with the configuration that its next code needs to satisfy."""
        arn = params["CodeSigningConfigArn"]
        self._signing.check_exists(arn)
        name = self._name(params)
        if self._state.repository.function(name).latest.configuration["PackageType"] == "Image":
            raise errors.invalid_parameter("Code signing is not supported for functions of PackageType Image.")
        self._signing.attach(name, arn)
        return {"CodeSigningConfigArn": arn, "FunctionName": name}

    async def of_function(self, _context: RequestContext, params: Params) -> Result:
        """A function's configuration; nothing if it has none."""
        name = self._name(params)
        arn = self._signing.of(name)
        return {} if arn is None else {"CodeSigningConfigArn": arn, "FunctionName": name}

    async def detach(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the function takes code of anybody."""
        self._signing.detach(self._name(params))
        return {}

    async def functions(self, _context: RequestContext, params: Params) -> Result:
        """The functions that have a configuration."""
        arn = params["CodeSigningConfigArn"]
        self._signing.get(arn)
        arns = [self._state.repository.arns.function(name) for name in self._signing.functions(arn)]
        return page(arns, params, "FunctionArns")

    def _name(self, params: Params) -> str:
        return self._state.repository.function(self._state.reference(params).name).latest.name


def _given(params: Params) -> dict[str, Any]:
    return {name: params[name] for name in _MEMBERS if params.get(name)}


def _shown(document: Mapping[str, Any]) -> Result:
    return {"CodeSigningConfig": {name: value for name, value in document.items() if name != "Tags"}}
