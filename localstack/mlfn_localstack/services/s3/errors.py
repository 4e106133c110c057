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


def deleted(key: str, version: str, *, named: bool) -> ServiceError:
    """The version is a delete marker: 405 if it was asked for by its id, else as if there were nothing."""
    headers = (("x-amz-delete-marker", "true"), ("x-amz-version-id", version))
    if named:
        message = "The specified method is not allowed against this resource."
        fields = {"Method": "GET", "ResourceType": "DeleteMarker", "Headers": headers}
        return ServiceError("MethodNotAllowed", message, status=405, fields=fields)
    message = "The specified key does not exist."
    return ServiceError("NoSuchKey", message, status=404, fields={"Key": key, "Headers": headers})


def no_upload() -> ServiceError:
    """There is no such multipart upload."""
    message = (
        "The specified upload does not exist. The upload ID may be invalid, "
        "or the upload may have been aborted or completed."
    )
    return ServiceError("NoSuchUpload", message, status=404)


def precondition_failed(condition: str) -> ServiceError:
    """A condition of the request does not hold."""
    message = "At least one of the pre-conditions you specified did not hold"
    return ServiceError("PreconditionFailed", message, status=412, fields={"Condition": condition})


def not_modified() -> ServiceError:
    """The client has it already."""
    return ServiceError("NotModified", "Not Modified", status=304)


def invalid_range() -> ServiceError:
    """The range is not within the object."""
    return ServiceError("InvalidRange", "The requested range is not satisfiable", status=416)


def locked() -> ServiceError:
    """Object lock keeps the version."""
    return ServiceError("AccessDenied", "Access Denied because object protected by object lock.", status=403)


def bad_digest(name: str) -> ServiceError:
    """What came is not what was announced."""
    return ServiceError("BadDigest", f"The {name} you specified did not match the calculated checksum.")


def invalid_argument(message: str) -> ServiceError:
    """A parameter does not fit."""
    return ServiceError("InvalidArgument", message)


def invalid_request(message: str) -> ServiceError:
    """The request does not make sense."""
    return ServiceError("InvalidRequest", message)


def invalid_part() -> ServiceError:
    """A part is missing, or another one was uploaded under its number."""
    message = (
        "One or more of the specified parts could not be found. The part may not have been uploaded, "
        "or the specified entity tag may not match the part's entity tag."
    )
    return ServiceError("InvalidPart", message)
