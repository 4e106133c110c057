"""From a marked function to its spec: every option and hint checked, every mistake noted."""

from __future__ import annotations

import inspect
import json
import keyword
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn.audit.keys import MOST_SHARDS
from mlfn.declare import mark_of
from mlfn.options import ModelOptions, PipelineOptions
from mlfn.sampling import Sample
from mlfn_engine.audit_policy import AuditMode, AuditPolicy, Capture
from mlfn_engine.declarations.accesses import read_access
from mlfn_engine.declarations.declared import Notebook, Options
from mlfn_engine.declarations.foreign_types import types_step
from mlfn_engine.declarations.naming import FRONT_DOOR
from mlfn_engine.declarations.problems import location_of
from mlfn_engine.declarations.remote_assets import SCHEME, check_room, remote_assets
from mlfn_engine.declarations.requirement_lines import requirement_lines
from mlfn_engine.declarations.schemas import UnsupportedTypeError, input_schema, output_schema, to_json
from mlfn_engine.declarations.secrets import read_secrets
from mlfn_engine.declarations.signatures import Parameter, Signature, SignatureError, read_signature
from mlfn_engine.projects.inside import inside
from mlfn_engine.values import (
    EXPRESS_LIMIT_S,
    Architecture,
    Language,
    ModelSpec,
    PackageType,
    PipelineMode,
    Resources,
    Scaling,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlfn_engine.access import Access

SYNC_LIMIT_S = 29
"""API Gateway gives up after 30 s; the ingress needs the rest to answer itself."""
_NO_CLASS = (
    "Mark a plain def at the top level of a module; what a class would keep between calls, such as a loaded file, "
    "a functools.cached function gives that load= names."
)
_FILLED_IN = r"\{(?:stage|account|region)\}"
_OBJECTS = re.compile(rf"s3://(?:[a-z0-9.-]|{_FILLED_IN})+/(?:[^{{}}$\s]|{_FILLED_IN})+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What a handler takes and gives, as hints and as JSON Schemas."""

    signature: Signature
    input_schema: str
    output_schema: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineFacts:
    """A pipeline without its steps: what is known before it is compiled."""

    mode: PipelineMode
    timeout_s: int
    access: Access
    audit_shards: int
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A marked function with its name and a place for its mistakes."""

    kind: str
    """`Model` or `Pipeline`."""
    name: str
    handler: Callable[..., Any]
    root: Path
    options: Options

    @property
    def notebook(self) -> Notebook:
        """Where its mistakes are noted."""
        return self.options.notebook


def declaration(kind: str, handler: Callable[..., Any], root: Path) -> Declaration:
    """A marked function, its name checked."""
    mark = mark_of(handler)
    given: dict[str, Any] = dict(mark.options) if mark else {}
    function_name = getattr(handler, "__name__", type(handler).__name__)
    notebook = Notebook(location=location_of(handler, root))
    name = given.get("name", function_name)
    options = Options(subject=f"{kind} {name!r}", given=given, notebook=notebook)
    known = ModelOptions if kind == "Model" else PipelineOptions
    options.refuse_unknown(sorted(known.__annotations__))
    _check_name(options, name)
    return Declaration(kind=kind, name=str(name), handler=handler, root=root, options=options)


def _check_name(options: Options, name: object) -> None:
    if name == FRONT_DOOR:
        options.notebook.note(f"{options.subject} has a name that mlfn uses itself.", "Give it another.")
    if isinstance(name, str) and name.isascii() and name.isidentifier() and not keyword.iskeyword(name):
        return
    if name == "<lambda>":
        return  # what is wrong is not the name; the entrypoint's check says it
    options.notebook.note(
        f"{options.subject} has a name that Lambda would refuse.",
        "Use ASCII letters, digits and '_', starting with a letter: rename the function, or give name=.",
    )


def contract_of(declared: Declaration) -> Contract | None:
    """The contract of a handler; None, with its mistakes noted, if it has none."""
    if not inspect.isfunction(inspect.unwrap(declared.handler)):
        declared.notebook.note(f"{declared.options.subject} is not a function.", _NO_CLASS)
        return None
    if _is_method(declared.handler.__qualname__):
        return None  # what is wrong is not its signature; the entrypoint's check says it
    try:
        signature = read_signature(declared.handler)
    except SignatureError as error:
        for sentence, step in error.mistakes:
            declared.notebook.note(sentence, step)
        return None
    return _contract(declared, signature)


def _contract(declared: Declaration, signature: Signature) -> Contract | None:
    before = len(declared.notebook.problems)
    name = declared.handler.__name__
    for each in signature.parameters:
        try:
            input_schema((each,))
        except UnsupportedTypeError as error:
            sentence = f"Parameter {each.name!r} of {name} cannot travel as JSON: {error}."
            declared.notebook.note(sentence, types_step(str(error)))
        else:
            _check_default(declared, each)
    try:
        output = output_schema(signature.result)
    except UnsupportedTypeError as error:
        declared.notebook.note(f"The result of {name} cannot travel as JSON: {error}.", types_step(str(error)))
    if len(declared.notebook.problems) > before:
        return None
    return Contract(signature=signature, input_schema=input_schema(signature.parameters), output_schema=output)


def _check_default(declared: Declaration, parameter: Parameter) -> None:
    try:
        if parameter.default is not None:
            to_json(parameter.hint, parameter.default.value)
    except UnsupportedTypeError:
        name, value = declared.handler.__name__, parameter.default and parameter.default.value
        sentence = f"Parameter {parameter.name!r} of {name} has a default that does not fit its type: {value!r}."
        declared.notebook.note(sentence, "Write a default of that type, or widen the type hint.")


def model_spec(declared: Declaration, contract: Contract | None) -> ModelSpec | None:
    """The spec of a model; None if anything about it is wrong (and noted)."""
    options = declared.options
    entrypoint = _entrypoint(declared, declared.handler)
    load = _load(declared)
    requirements, named = requirement_lines(options, declared.root), options.texts("assets", "model.onnx")
    assets, remote = _assets(declared, named), remote_assets(named, options)
    example, reads, secrets = _example(options), _reads(options), read_secrets(options)
    package = options.choice("package", PackageType.IMAGE)
    resources, scaling, access = _resources(options), _scaling(options), read_access(options)
    check_room(remote, resources, options)
    audit = _audit(declared)
    description = _description(declared)
    if contract is None or declared.notebook.problems:
        return None
    return ModelSpec(
        name=declared.name,
        handler=declared.handler,
        entrypoint=entrypoint,
        load=load,
        language=Language.PYTHON,
        requirements=requirements,
        assets=assets,
        example=example,
        remote_assets=remote,
        reads=reads,
        secrets=secrets,
        package=package,
        resources=resources,
        scaling=scaling,
        access=access,
        audit=audit,
        parameters=tuple(each.name for each in contract.signature.parameters),
        input_schema=contract.input_schema,
        output_schema=contract.output_schema,
        description=description,
        declared_at=declared.notebook.location,
    )


def pipeline_facts(declared: Declaration) -> PipelineFacts:
    """What a pipeline's mark says, checked."""
    options = declared.options
    mode = options.choice("mode", PipelineMode.SYNC)
    limit = SYNC_LIMIT_S if mode is PipelineMode.SYNC else 365 * 24 * 3600  # a Standard execution lives a year
    default = EXPRESS_LIMIT_S if mode is PipelineMode.BATCH else min(limit, 3600)
    timeout_s = options.given.get("timeout_s")
    if mode is PipelineMode.SYNC and isinstance(timeout_s, int) and timeout_s > limit:
        options.notebook.note(
            f"{options.subject} has timeout_s={timeout_s}, but a sync caller waits at most {limit} s.",
            f'Write timeout_s={limit} or less, or mode="async".',
        )
        timeout_s = None
    else:
        timeout_s = options.integer("timeout_s", default, 1, limit)
    return PipelineFacts(
        mode=mode,
        timeout_s=timeout_s or default,
        access=read_access(options),
        audit_shards=_audit_shards(options),
        description=_description(declared),
    )


def _entrypoint(declared: Declaration, function: Callable[..., Any], role: str = "is") -> str:
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    if not name.isidentifier():  # <lambda>, outer.<locals>.inner, Class.method, a partial's nothing
        declared.notebook.note(
            f"{declared.options.subject} {role} not a function at module level, so an image cannot import it.",
            _NO_CLASS if role == "is" and _is_method(name) else "Write it as a def at the top level of a module.",
        )
    return f"{module}:{name}"


def _is_method(qualname: str) -> bool:
    return "." in qualname and "<" not in qualname


def _load(declared: Declaration) -> str | None:
    function = declared.options.function("load")
    if function is None:
        return None
    try:
        required = [
            each.name
            for each in inspect.signature(function).parameters.values()
            if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
        ]
    except ValueError:  # a builtin without a signature
        required = []
    if required:
        sentence = f"{declared.options.subject} has a load function that needs {', '.join(required)}."
        declared.notebook.note(sentence, "Give load a function that takes no arguments.")
    return _entrypoint(declared, function, role="has a load that is")


def _assets(declared: Declaration, named: tuple[str, ...]) -> tuple[str, ...]:
    root = declared.root.resolve()
    found = []
    for asset in named:
        if asset.startswith(SCHEME):
            continue
        path = inside(root, asset)
        if path is None:
            sentence = f"{declared.options.subject} has the asset {asset!r}, which is not inside the project."
            declared.notebook.note(sentence, f"Copy it below {root.name}/ and name it relative to that.")
        elif not path.exists():
            sentence = f"{declared.options.subject} has the asset {asset!r}, and there is no such file or directory."
            declared.notebook.note(sentence, f"Create it, or correct the path: it is relative to {root.name}/.")
        else:
            found.append(path.relative_to(root).as_posix())
    return tuple(dict.fromkeys(found))


def _reads(options: Options) -> tuple[str, ...]:
    reads = options.texts("reads", "s3://bucket/prices/*")
    for each in reads:
        if not _OBJECTS.fullmatch(each):
            options.notebook.note(
                f"{options.subject} has {each!r} in reads, which names no S3 objects.",
                "Write s3://bucket/key or s3://bucket/prefix/*, with {stage}, {account} or {region} where they differ.",
            )
    return reads


def _example(options: Options) -> str | None:
    if "example" not in options.given:
        return None
    try:
        return json.dumps(options.given["example"], ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        options.notebook.note(
            f"{options.subject} has an example that is no JSON.",
            "Write it as a call would send it: dicts, lists, text.",
        )
        return None


def _resources(options: Options) -> Resources:
    defaults = Resources()
    memory = options.integer("memory_mb", defaults.memory_mb, 128, 10240)
    timeout = options.integer("timeout_s", defaults.timeout_s, 1, 900)
    storage = options.integer("ephemeral_storage_mb", defaults.ephemeral_storage_mb, 512, 10240)
    return Resources(
        memory_mb=memory or defaults.memory_mb,
        timeout_s=timeout or defaults.timeout_s,
        ephemeral_storage_mb=storage or defaults.ephemeral_storage_mb,
        architecture=options.choice("architecture", Architecture.X86_64),
    )


def _audit(declared: Declaration) -> AuditPolicy:
    mode = declared.options.choice("audit", AuditMode.STANDARD)
    summary = declared.options.function("summary")
    capture, share = _capture(declared.options)
    entrypoint = None if summary is None else _entrypoint(declared, summary, role="has a summary that is")
    baseline = _baseline(declared)
    shards = _audit_shards(declared.options)
    return AuditPolicy(mode=mode, capture=capture, share=share, shards=shards, summary=entrypoint, baseline=baseline)


def _audit_shards(options: Options) -> int:
    return options.integer("audit_shards", 1, 1, MOST_SHARDS) or 1


def _baseline(declared: Declaration) -> str | None:
    given = declared.options.text("baseline", "")
    if not given:
        return None
    path = inside(declared.root.resolve(), given)
    if path is None or not path.is_file() or path.suffix not in {".json", ".jsonl"}:
        sentence = (
            f"{declared.options.subject} has baseline={given!r}, which is no .json or .jsonl file of the project."
        )
        declared.notebook.note(sentence, "Name one below the directory of pyproject.toml, relative to it.")
        return None
    return path.relative_to(declared.root.resolve()).as_posix()


def _capture(options: Options) -> tuple[Capture, float]:
    given = options.given.get("capture", Capture.HASH)
    if isinstance(given, Sample):
        share = given.share
        if isinstance(share, (int, float)) and not isinstance(share, bool) and 0 < share <= 1:
            return Capture.SAMPLE, float(share)
    elif given in {Capture.HASH, Capture.FULL}:
        return Capture(given), 1.0
    sentence = f"{options.subject} has capture={given!r}."
    options.notebook.note(sentence, 'Write "hash", "full" or sample(0.05), a share above 0 and up to 1.')
    return Capture.HASH, 1.0


def _scaling(options: Options) -> Scaling:
    reserved = options.integer("reserved", None, 0, 10_000)
    provisioned = options.integer("provisioned", 0, 0, 10_000) or 0
    if reserved is not None and provisioned > reserved:
        sentence = f"{options.subject} has provisioned={provisioned}, more than reserved={reserved}."
        options.notebook.note(sentence, "Keep provisioned at or below reserved.")
    return Scaling(reserved=reserved, provisioned=provisioned)


def _description(declared: Declaration) -> str:
    documented = inspect.getdoc(declared.handler) or ""
    paragraph = " ".join(documented.split("\n\n")[0].split())
    if "description" not in declared.options.given and any(mark in paragraph for mark in ("${", "{{", "{%")):
        return ""  # a docstring is not written for CloudFormation; an explicit description is, and is refused
    return declared.options.text("description", paragraph)
