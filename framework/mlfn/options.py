"""What `@model` and `@pipeline` take; never imported by a function image, only by type checkers and the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence  # noqa: TC003 - the engine evaluates these hints
from typing import Any, Literal, TypedDict

from mlfn.access import Jwt  # noqa: TC001 - as above
from mlfn.sampling import Sample  # noqa: TC001 - see above
from mlfn.secrets import Secret  # noqa: TC001 - see above


class ModelOptions(TypedDict, total=False):
    """The options of `@model`."""

    name: str
    """Its name in URLs and commands; default: the function's."""
    memory_mb: int
    """128 to 10240, default 512; processing power grows with it."""
    timeout_s: int
    """1 to 900, default 30."""
    ephemeral_storage_mb: int
    """Room in /tmp: 512 to 10240, default 512."""
    architecture: Literal["x86_64", "arm64"]
    """The processor; default x86_64."""
    package: Literal["image", "zip"]
    """What Lambda is given: an image (default) or a zip archive, up to 250 MB unpacked; it stays what it was first."""
    requirements: str | Sequence[str]
    """The path of a requirements file, or a list of PEP 508 lines."""
    assets: Sequence[str]
    """Files and directories to ship, relative to the project root."""
    reads: Sequence[str]
    """What `mlfn.open` may read: s3://bucket/prices/*; {stage}, {account} and {region} are filled in."""
    secrets: Mapping[str, Secret]
    """What `mlfn.secrets.secret` may read: {"API_KEY": Secret("shop/{stage}/api-key")}."""
    load: Callable[[], Any]
    """Run once per environment before the first call; make it `functools.cache`d and call it in the model too."""
    access: Sequence[str | Jwt]
    """ARNs of the IAM principals that may call it, or a `Jwt`; default: whoever the account's IAM lets through."""
    public: bool
    """True: anybody may call it, unsigned; default False."""
    audit: Literal["standard", "strict"]
    """When a call's record is durable: right after the response (standard) or before it (strict)."""
    capture: Literal["hash", "full"] | Sample
    """What is kept of a call's input and result beside their digests (hash): nothing, all, or sample(0.05) of them."""
    audit_shards: int
    """1 to 64, default 1: partitions that its records are spread over; one takes some 250 calls a second."""
    summary: Callable[[Any], str]
    """Called with each result: at most 200 bytes for its record."""
    example: Any
    """An input as JSON would have it: what a new version is called with before traffic reaches it."""
    baseline: str
    """A file of bins (.json) or examples (.jsonl): each record then says in which bins the call's values fall."""
    reserved: int
    """The most environments at once, kept for this model alone."""
    provisioned: int
    """Environments kept warm; default 0."""
    description: str
    """Default: the first paragraph of the docstring."""


class PipelineOptions(TypedDict, total=False):
    """The options of `@pipeline`."""

    name: str
    """As a model's."""
    mode: Literal["sync", "async", "batch"]
    """sync (default): the caller waits, at most 29 s; async: the caller gets an execution to ask about; batch: it runs
    for each line of a file (mlfn batch)."""
    timeout_s: int
    """For the whole run; default 29 (sync) or 3600 (async). For a line of a batch: default 300."""
    access: Sequence[str | Jwt]
    """As a model's."""
    public: bool
    """As a model's."""
    audit_shards: int
    """As a model's, for the pipeline's own records."""
    description: str
    """As a model's."""
