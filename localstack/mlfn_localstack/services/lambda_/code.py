"""The code of a function: found, checked, hashed, and made ready to run."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any, assert_never

from mlfn_localstack.blobs import Blobs
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.execution.zips import check_archive
from mlfn_localstack.services.lambda_.model import Code, ImageCode, ZipCode

if TYPE_CHECKING:
    from mlfn_localstack.service import Environment, RequestContext
    from mlfn_localstack.services.lambda_.code_download import CodeDownloads
    from mlfn_localstack.services.lambda_.execution.launch import Programs

MAX_ZIP_BYTES = 52_428_800
MAX_REQUEST_BYTES = 70_167_211
MAX_REQUEST_ZIP_BYTES = MAX_REQUEST_BYTES // 4 * 3
"""What fits into a request as Base64."""
_DOING = {"CreateFunction": "creating", "UpdateFunctionCode": "updating"}


class CodeIntake:
    """Takes code from requests."""

    def __init__(self, environment: Environment, programs: Programs) -> None:
        self._environment = environment
        self._programs = programs
        self._blobs = Blobs(environment.state_dir / "blobs" / "sha256")

    async def take(self, request: dict[str, Any], package_type: str, context: RequestContext) -> Code:
        """The code that a request's members name, ready to run; the caller has to be able to read it.

        Raises:
            ServiceError: it does not fit the package type, does not exist, or cannot be run here.
        """
        doing = _DOING[context.operation]
        if package_type == "Image":
            if "ImageUri" not in request:
                raise errors.invalid_parameter(
                    f"Please provide ImageUri when {doing} a function with packageType Image."
                )
            code: Code = await self._image(request["ImageUri"])
        else:
            if "ImageUri" in request:
                raise errors.invalid_parameter(
                    f"Please don't provide ImageUri when {doing} a function with packageType Zip."
                )
            code = await self._archive(request, context)
        await self._programs.prepare(code)
        return code

    async def take_layer(self, content: dict[str, Any], context: RequestContext) -> ZipCode:
        """The archive of a layer.

        Raises:
            ServiceError: it is none, or too large.
        """
        code = await self._archive(content, context)
        check_archive(self._blobs.path(code.sha256))
        return code

    async def _image(self, uri: str) -> ImageCode:
        image = await self._programs.find_image(uri)
        repository = uri.partition("@")[0]
        head, _, name = repository.rpartition("/")
        resolved = f"{head}/{name.partition(':')[0]}@{image.digest}"
        return ImageCode(uri=uri, resolved_uri=resolved, digest=image.digest)

    async def _archive(self, request: dict[str, Any], context: RequestContext) -> ZipCode:
        _refuse_storage(request)
        if "ZipFile" in request:
            data: bytes = request["ZipFile"]
            if len(data) > MAX_REQUEST_ZIP_BYTES:
                raise errors.request_too_large(MAX_REQUEST_BYTES, context.operation)
            if len(data) > MAX_ZIP_BYTES:
                raise errors.archive_too_large(MAX_ZIP_BYTES)
            return ZipCode(sha256=self._blobs.put(data), size=len(data))
        if "S3Bucket" not in request or "S3Key" not in request:
            raise errors.invalid_parameter("Please provide a source for function code.")
        params = {"Bucket": request["S3Bucket"], "Key": request["S3Key"]}
        if "S3ObjectVersion" in request:
            params["VersionId"] = request["S3ObjectVersion"]
        try:
            answer = await self._environment.gateway.call("s3", "GetObject", params, principal=context.caller)
        except ServiceError as error:
            message = f"Error occurred while GetObject. S3 Error Code: {error.code}. S3 Error Message: {error.message}"
            raise errors.invalid_parameter(message) from error
        sha256, size = await asyncio.to_thread(self._blobs.put_pieces, answer["Body"].pieces())
        return ZipCode(sha256=sha256, size=size)


def _refuse_storage(request: dict[str, Any]) -> None:
    if request.get("SourceKMSKeyArn"):
        raise errors.invalid_parameter("The emulator does not support SourceKMSKeyArn: it keeps archives unencrypted.")
    if request.get("S3ObjectStorageMode", "COPY") != "COPY":
        raise errors.invalid_parameter(
            "The emulator does not support S3ObjectStorageMode REFERENCE: it copies archives."
        )


def code_members(code: Code) -> dict[str, Any]:
    """CodeSha256 and CodeSize of a FunctionConfiguration."""
    match code:
        case ImageCode():
            return {"CodeSha256": code.digest.removeprefix("sha256:"), "CodeSize": 0}
        case ZipCode():
            digest = base64.b64encode(bytes.fromhex(code.sha256)).decode()
            return {"CodeSha256": digest, "CodeSize": code.size}
        case _:
            assert_never(code)


def code_location(code: Code, downloads: CodeDownloads) -> dict[str, str]:
    """The `Code` member of GetFunction."""
    match code:
        case ImageCode():
            return {"RepositoryType": "ECR", "ImageUri": code.uri, "ResolvedImageUri": code.resolved_uri}
        case ZipCode():
            return {"RepositoryType": "S3", "Location": downloads.url(code.sha256)}
        case _:
            assert_never(code)
