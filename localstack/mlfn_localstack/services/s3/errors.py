"""How S3 refuses, in its words.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

from mlfn_localstack.service import ServiceError


def no_bucket(name: str) -> ServiceError:
    """There is no such bucket."""
    message = "The specified bucket does not exist"
    return ServiceError("NoSuchBucket", message, status=404, fields={"BucketName": name})


def no_key(key: str) -> ServiceError:
    """There is no such object."""
    return ServiceError("NoSuchKey", "The specified key does not exist.", status=404, fields={"Key": key})


def no_version(key: str, version: str) -> ServiceError:
    """There is no such version."""
    fields = {"Key": key, "VersionId": version}
    return ServiceError("NoSuchVersion", "The specified version does not exist.", status=404, fields=fields)


def invalid_version(version: str) -> ServiceError:
    """That is not how this bucket's versions are called."""
    return invalid_argument("Invalid version id specified", name="versionId", value=version)


def deleted(key: str, version: str, *, method: str | None) -> ServiceError:
    """The version is a delete marker: 405 for that method, or, without one, as if there were nothing."""
    headers = (("x-amz-delete-marker", "true"), ("x-amz-version-id", version))
    if method is not None:
        message = "The specified method is not allowed against this resource."
        fields = {"Method": method, "ResourceType": "DeleteMarker", "Headers": headers}
        return ServiceError("MethodNotAllowed", message, status=405, fields=fields)
    message = "The specified key does not exist."
    return ServiceError("NoSuchKey", message, status=404, fields={"Key": key, "Headers": headers})


def no_upload(upload_id: str) -> ServiceError:
    """There is no such multipart upload."""
    message = (
        "The specified upload does not exist. The upload ID may be invalid, "
        "or the upload may have been aborted or completed."
    )
    return ServiceError("NoSuchUpload", message, status=404, fields={"UploadId": upload_id})


def precondition_failed(condition: str) -> ServiceError:
    """A condition of the request does not hold."""
    message = "At least one of the pre-conditions you specified did not hold"
    return ServiceError("PreconditionFailed", message, status=412, fields={"Condition": condition})


def not_modified(etag: str, modified: str) -> ServiceError:
    """The client has it already, under this tag."""
    headers = (("ETag", f'"{etag}"'), ("Last-Modified", modified))
    return ServiceError("NotModified", "Not Modified", status=304, fields={"Headers": headers})


def archived(message: str, storage_class: str | None = None) -> ServiceError:
    """The object has to be restored first, or cannot be."""
    fields = {} if storage_class is None else {"StorageClass": storage_class}
    return ServiceError("InvalidObjectState", message, status=403, fields=fields)


def changed_meanwhile(condition: str, key: str) -> ServiceError:
    """A condition holds, but the object was written or deleted since the upload began."""
    message = "The conditional request cannot succeed due to a conflicting operation against this resource."
    fields = {"Condition": condition, "Key": key}
    return ServiceError("ConditionalRequestConflict", message, status=409, fields=fields)


def not_implemented(header: str, more: str = "") -> ServiceError:
    """S3 itself does not take that."""
    message = "A header you provided implies functionality that is not implemented"
    fields = {"Header": header} | ({"additionalMessage": more} if more else {})
    return ServiceError("NotImplemented", message, status=501, fields=fields)


def invalid_range(size: int, requested: str) -> ServiceError:
    """The range is not within the object."""
    fields = {"RangeRequested": requested, "ActualObjectSize": size}
    return ServiceError("InvalidRange", "The requested range is not satisfiable", status=416, fields=fields)


def invalid_part_number(requested: int, actual: int) -> ServiceError:
    """The object has no such part."""
    message = "The requested partnumber is not satisfiable"
    fields = {"PartNumberRequested": requested, "ActualPartCount": actual}
    return ServiceError("InvalidPartNumber", message, status=416, fields=fields)


def locked() -> ServiceError:
    """Object lock keeps the version."""
    return ServiceError("AccessDenied", "Access Denied because object protected by object lock.", status=403)


def bad_digest(name: str) -> ServiceError:
    """What came is not what was announced."""
    return ServiceError("BadDigest", f"The {name} you specified did not match the calculated checksum.")


def bad_md5(expected: str, calculated: str) -> ServiceError:
    """What came does not have the announced MD5."""
    message = "The Content-MD5 you specified did not match what we received."
    return ServiceError("BadDigest", message, fields={"ExpectedDigest": expected, "CalculatedDigest": calculated})


def invalid_md5(given: str) -> ServiceError:
    """What was announced cannot be an MD5."""
    message = "The Content-MD5 you specified was invalid."
    return ServiceError("InvalidDigest", message, fields={"Content-MD5": given})


def invalid_argument(message: str, *, name: str | None = None, value: object = None) -> ServiceError:
    """A parameter does not fit."""
    fields = {"ArgumentName": name, "ArgumentValue": value}
    return ServiceError("InvalidArgument", message, fields={k: v for k, v in fields.items() if v is not None})


def invalid_request(message: str) -> ServiceError:
    """The request does not make sense."""
    return ServiceError("InvalidRequest", message)


def invalid_part(upload_id: str, number: int, etag: str) -> ServiceError:
    """A part is missing, or another one was uploaded under its number."""
    message = (
        "One or more of the specified parts could not be found.  The part may not have been uploaded, "
        "or the specified entity tag may not match the part's entity tag."
    )
    fields = {"UploadId": upload_id, "PartNumber": number, "ETag": etag}
    return ServiceError("InvalidPart", message, fields=fields)
