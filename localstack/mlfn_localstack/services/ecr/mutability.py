"""Which tags of a repository may move to another image.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.globs import compile_glob
from mlfn_localstack.services.ecr.errors import invalid

if TYPE_CHECKING:
    from mlfn_localstack.service import Params, Result
    from mlfn_localstack.services.ecr.model import Repository

FILTERS = "imageTagMutabilityExclusionFilters"
_EXCEPT = "_WITH_EXCLUSION"


def mutability(params: Params) -> Result:
    """What a request says of it: filters name the tags that do not do as the others, and need a mode that has some.

    Raises:
        ServiceError: InvalidParameterException.
    """
    mode, filters = params.get("imageTagMutability", "MUTABLE"), params.get(FILTERS)
    if mode.endswith(_EXCEPT) != bool(filters):
        more = "needs" if mode.endswith(_EXCEPT) else "takes no"
        raise invalid(f"The image tag mutability {mode} {more} {FILTERS}.")
    return {"imageTagMutability": mode} | ({FILTERS: filters} if filters else {})


def is_fixed(repository: Repository, tag: str) -> bool:
    """Whether a tag stays where it is."""
    excluded = any(compile_glob(each["filter"]).fullmatch(tag) for each in repository.get(FILTERS, ()))
    return bool(repository["imageTagMutability"].startswith("IMMUTABLE")) != excluded
