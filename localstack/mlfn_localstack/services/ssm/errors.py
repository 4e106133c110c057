"""How the Parameter Store refuses, in its words."""

from __future__ import annotations

from mlfn_localstack.service import ServiceError


def not_found(name: str = "") -> ServiceError:
    """There is no such parameter."""
    return ServiceError("ParameterNotFound", f"Parameter {name} not found." if name else "")


def no_version(name: str, version: str) -> ServiceError:
    """The parameter has no such version."""
    message = f"Systems Manager could not find version {version} of {name}. Verify the version and try again."
    return ServiceError("ParameterVersionNotFound", message)


def too_many_labels() -> ServiceError:
    """The version would have more labels than it may."""
    message = "A parameter version can have maximum 10 labels.Move one or more labels to another version and try again."
    return ServiceError("ParameterVersionLabelLimitExceeded", message)


def oldest_is_labelled(name: str, number: int) -> ServiceError:
    """The version that would have to go is called something."""
    message = (
        f"You attempted to create a new version of {name} by calling the PutParameter API with the overwrite flag. "
        f"Version {number}, the oldest version, can't be deleted because it has a label associated with it. Move the "
        "label to another version of the parameter, and try again."
    )
    return ServiceError("ParameterMaxVersionLimitExceeded", message)


def exists() -> ServiceError:
    """The name is taken."""
    message = "The parameter already exists. To overwrite this value, set the overwrite option in the request to true."
    return ServiceError("ParameterAlreadyExists", message)


def invalid(message: str) -> ServiceError:
    """A parameter of the request does not fit."""
    return ServiceError("ValidationException", message)


def key_failed(message: str) -> ServiceError:
    """The key is none, or is not to be used."""
    return ServiceError("InvalidKeyId", message)


def pattern_mismatch(pattern: str) -> ServiceError:
    """The value is not what the parameter's pattern allows."""
    message = f"Parameter value, cannot be validated against allowedPattern: {pattern}"
    return ServiceError("ParameterPatternMismatchException", message)


def no_resource(name: str) -> ServiceError:
    """There is no such parameter to tag."""
    return ServiceError("InvalidResourceId", f"The resource ID {name} is not valid. Verify the ID and try again.")


def no_page() -> ServiceError:
    """The token is none of ours."""
    return ServiceError("InvalidNextToken", "The specified token is not valid.")


def too_deep() -> ServiceError:
    """The name has more parts than a hierarchy has levels."""
    message = "The hierarchy can have a maximum of 15 levels."
    return ServiceError("HierarchyLevelLimitExceededException", message)


def invalid_option(message: str) -> ServiceError:
    """The filter knows no such comparison."""
    return ServiceError("InvalidFilterOption", message)


def invalid_key(message: str) -> ServiceError:
    """Nothing is filtered by this, or not twice."""
    return ServiceError("InvalidFilterKey", message)


def invalid_value(message: str) -> ServiceError:
    """The filter knows no such value, or was given none."""
    return ServiceError("InvalidFilterValue", message)


def invalid_pattern() -> ServiceError:
    """The pattern is no regular expression, or one that would not come to an end."""
    message = "The request doesn't meet the regular expression requirement."
    return ServiceError("InvalidAllowedPatternException", message)
