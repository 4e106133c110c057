"""How ECR refuses, in its words."""

from __future__ import annotations

from mlfn_localstack.service import ServiceError


def no_repository(name: str, account_id: str) -> ServiceError:
    """There is no such repository."""
    message = f"The repository with name '{name}' does not exist in the registry with id '{account_id}'"
    return ServiceError("RepositoryNotFoundException", message)


def repository_exists(name: str, account_id: str) -> ServiceError:
    """The name is taken."""
    message = f"The repository with name '{name}' already exists in the registry with id '{account_id}'"
    return ServiceError("RepositoryAlreadyExistsException", message)


def not_empty(name: str, account_id: str) -> ServiceError:
    """Images are still in it."""
    message = (
        f"The repository with name '{name}' in registry with id '{account_id}' cannot be deleted "
        "because it still contains images"
    )
    return ServiceError("RepositoryNotEmptyException", message)


def no_image(image: str, name: str, account_id: str) -> ServiceError:
    """There is no such image."""
    message = (
        f"The image with imageId {image} does not exist within the repository with name '{name}' "
        f"in the registry with id '{account_id}'"
    )
    return ServiceError("ImageNotFoundException", message)


def image_exists(digest: str, tag: str | None, name: str, account_id: str) -> ServiceError:
    """The image is there already, under this tag if one is given."""
    named = f" and tag '{tag}'" if tag else ""
    message = (
        f"Image with digest '{digest}'{named} already exists in the repository with name '{name}' "
        f"in registry with id '{account_id}'"
    )
    return ServiceError("ImageAlreadyExistsException", message)


def tag_taken(tag: str, name: str) -> ServiceError:
    """The repository's tags are immutable."""
    message = (
        f"The image tag '{tag}' already exists in the '{name}' repository and cannot be overwritten "
        "because the repository is immutable."
    )
    return ServiceError("ImageTagAlreadyExistsException", message)


def no_policy(kind: str, name: str, account_id: str) -> ServiceError:
    """The repository has no policy of that kind."""
    text = "Lifecycle policy" if kind == "LifecyclePolicy" else "Repository policy"
    message = f"{text} does not exist for the repository with name '{name}' in the registry with id '{account_id}'"
    return ServiceError(f"{kind}NotFoundException", message)


def invalid(message: str) -> ServiceError:
    """A parameter does not fit."""
    return ServiceError("InvalidParameterException", message)
