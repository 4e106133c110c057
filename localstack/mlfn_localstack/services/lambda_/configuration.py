"""A function's configuration: checked, completed with Lambda's defaults, and changed."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
import uuid
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.destinations import Kind, kind_of
from mlfn_localstack.services.lambda_.vpc import check_vpc, shown_vpc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Params

_ROLE = re.compile(r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+")
_RUNTIME = re.compile(r"provided(\.al2|\.al2023)?|python3\.\d+|nodejs\d+\.x")
RUNTIMES = (
    *("nodejs20.x", "provided.al2023", "python3.12", "java17", "nodejs22.x", "nodejs24.x", "dotnet8", "dotnet10"),
    *("python3.10", "java11", "python3.11", "python3.13", "python3.14", "java21", "java25", "provided.al2"),
    *("java8.al2", "ruby3.2", "ruby3.3", "ruby3.4", "python3.9"),
)
"""Those that Lambda takes new functions for."""
RETIRED = frozenset(
    {
        *("nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x"),
        *("nodejs14.x", "nodejs16.x", "nodejs18.x", "java8", "python2.7", "python3.6", "python3.7", "python3.8"),
        *(
            "dotnetcore1.0",
            "dotnetcore2.0",
            "dotnetcore2.1",
            "dotnetcore3.1",
            "dotnet6",
            "go1.x",
            "ruby2.5",
            "ruby2.7",
            "provided",
        ),
    }
)
"""Those that it took once."""
_VARIABLE = re.compile(r"[a-zA-Z]([a-zA-Z0-9_])+")
_LEVELS = ("ApplicationLogLevel", "SystemLogLevel")
_RANGES = {"Timeout": (1, 900), "MemorySize": (128, 10_240)}
_STORAGE = (512, 10_240)
MAX_ENVIRONMENT_BYTES = 4_096
RUNNING_PYTHON = f"python3.{sys.version_info.minor}"
RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)
_SNAP_START = frozenset(
    {
        *("java11", "java17", "java21", "java25", "dotnet8", "dotnet10"),
        *("python3.12", "python3.13", "python3.14"),
    }
)
_PLAIN = ("Role", "Handler", "Runtime", "Description", "Timeout", "MemorySize", "Architectures")
_EMPTY_ALLOWED = {
    "FileSystemConfigs": ([],),
    "SnapStart": ({}, {"ApplyOn": "None"}),
    "DurableConfig": (None,),
    "CapacityProviderConfig": (None,),
    "TenancyConfig": (None,),
    "PublishTo": (None,),
    "RuntimeConfig": (None,),
    "AcceleratorConfig": (None,),
}
"""Members the emulator has nothing for, and the values under which they mean nothing anyway."""


def check(params: Params) -> None:
    """Refuse what Lambda refuses, and by name what the emulator cannot do.

    Raises:
        ServiceError: as Lambda words it.
    """
    _check_snap_start(params)
    for member, empty in _EMPTY_ALLOWED.items():
        if member in params and params[member] not in empty:
            raise errors.invalid_parameter(f"The emulator does not support {member} of functions.")
    if "Role" in params and not _ROLE.fullmatch(params["Role"]):
        raise errors.validation(
            params["Role"], "role", f"Member must satisfy regular expression pattern: {_ROLE.pattern}"
        )
    for member, (least, most) in _RANGES.items():
        if member in params:
            _check_range(params[member], member[0].lower() + member[1:], least, most)
    if "EphemeralStorage" in params:
        _check_range(params["EphemeralStorage"]["Size"], "ephemeralStorage.size", *_STORAGE)
    _check_variables(params.get("Environment", {}).get("Variables", {}))
    _check_dead_letters(dead_letters(params))
    check_vpc(params)
    _check_package(params)


def _check_snap_start(params: Params) -> None:
    runtime = params.get("Runtime")
    wanted = (params.get("SnapStart") or {}).get("ApplyOn") == "PublishedVersions"
    if wanted and runtime is not None and runtime not in _SNAP_START:
        raise errors.invalid_parameter(f"{runtime} is not supported for SnapStart enabled functions.")


def dead_letters(params: Mapping[str, Any]) -> str:
    """The queue or topic that gets events which failed for good; empty if there is none."""
    return str((params.get("DeadLetterConfig") or {}).get("TargetArn") or "")


def initial(params: Params) -> dict[str, Any]:
    """The configuration of a new function, with Lambda's defaults."""
    defaults: dict[str, Any] = {
        "FunctionName": params["FunctionName"],
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "TracingConfig": {"Mode": "PassThrough"},
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{params['FunctionName']}"},
    }
    if "PackageType" in params:
        defaults["PackageType"] = params["PackageType"]
    return changed(defaults, params)


def detailed(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration as everything but the lists shows it: with the version of its managed runtime."""
    runtime = configuration.get("Runtime")
    if runtime is None:
        return dict(configuration)
    region = configuration["FunctionArn"].split(":")[3]
    version = hashlib.sha256(runtime.encode()).hexdigest()
    arn = f"arn:aws:lambda:{region}::runtime:{version}"
    return {**configuration, "RuntimeVersionConfig": {"RuntimeVersionArn": arn}}


def in_passing(configuration: Mapping[str, Any], members: Mapping[str, str]) -> dict[str, Any]:
    """A configuration as a change answers: in a state that passes, and with a revision that goes with it."""
    return {**detailed(configuration), **members, "RevisionId": str(uuid.uuid4())}


def changed(configuration: Mapping[str, Any], params: Params) -> dict[str, Any]:
    """A configuration with the members of a request put over it."""
    result = {**configuration, **{name: params[name] for name in _PLAIN if name in params}}
    if "Environment" in params:
        variables = params["Environment"].get("Variables", {})
        result.pop("Environment", None)
        if variables or "Environment" in configuration or configuration["PackageType"] == "Zip":
            result["Environment"] = {"Variables": dict(variables)}
    if "EphemeralStorage" in params:
        result["EphemeralStorage"] = {"Size": params["EphemeralStorage"]["Size"]}
    if "TracingConfig" in params:
        result["TracingConfig"] = {"Mode": params["TracingConfig"].get("Mode", "PassThrough")}
    _put(result, params, "DeadLetterConfig", {"TargetArn": dead_letters(params)} if dead_letters(params) else {})
    image = {"ImageConfig": dict(params["ImageConfig"])} if params.get("ImageConfig") else {}
    _put(result, params, "ImageConfig", image, shown="ImageConfigResponse")
    if "KMSKeyArn" in params:
        result.pop("KMSKeyArn", None)
        result |= {"KMSKeyArn": params["KMSKeyArn"]} if params["KMSKeyArn"] else {}
    _put(result, params, "VpcConfig", shown_vpc(params))
    if "LoggingConfig" in params:
        result["LoggingConfig"] = _logging(params["LoggingConfig"], configuration["LoggingConfig"])
    return result


def _put(result: dict[str, Any], params: Params, member: str, value: dict[str, Any], *, shown: str = "") -> None:
    """Show a member that was given, or nothing if it was given empty."""
    if member in params:
        result.pop(shown or member, None)
        if value:
            result[shown or member] = value


def _logging(wanted: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
    log_format = wanted.get("LogFormat", current["LogFormat"])
    result = {"LogFormat": log_format, "LogGroup": wanted.get("LogGroup") or current["LogGroup"]}
    levels = {name: wanted[name] for name in _LEVELS if name in wanted}
    if log_format == "Text" and levels:
        raise errors.invalid_parameter(
            "Log filtering options are not supported for text log format. Specify JSON log format to use log filtering."
        )
    if log_format == "JSON":
        result |= {name: levels.get(name) or current.get(name, "INFO") for name in _LEVELS}
    return result


def _check_dead_letters(arn: str) -> None:
    if arn and kind_of(arn) not in (Kind.SQS, Kind.SNS):
        raise errors.invalid_parameter(
            f"The DeadLetterConfig target {arn} is neither a standard queue nor a standard topic."
        )


def _check_range(value: int, member: str, least: int, most: int) -> None:
    if value < least:
        raise errors.validation(value, member, f"Member must have value greater than or equal to {least}")
    if value > most:
        raise errors.validation(value, member, f"Member must have value less than or equal to {most}")


def _check_variables(variables: Mapping[str, str]) -> None:
    prefix = (
        "Lambda was unable to configure your environment variables because the environment variables you have provided"
    )
    for name in variables:
        if not _VARIABLE.fullmatch(name):
            constraint = (
                "Map keys must satisfy constraint: "
                f"[Member must satisfy regular expression pattern: {_VARIABLE.pattern}]"
            )
            raise errors.validation(f"{{{name}={variables[name]}}}", "environment.variables", constraint)
    reserved = sorted(RESERVED_VARIABLES & variables.keys())
    if reserved:
        raise errors.invalid_parameter(
            f"{prefix} contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    text = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(text.encode()) > MAX_ENVIRONMENT_BYTES:
        raise errors.invalid_parameter(f"{prefix} exceeded the 4KB limit. String measured: {text}")


def _check_package(params: Params) -> None:
    if params.get("PackageType") == "Image":
        given = [name for name in ("Handler", "Runtime") if name in params] + ["Layer"] * bool(params.get("Layers"))
        if given:
            raise errors.invalid_parameter(
                f"Please don't provide {' or '.join(given)} when the intended function PackageType is Image."
            )
    runtime = params.get("Runtime")
    if runtime in RETIRED:
        raise errors.invalid_parameter(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. "
            "We recommend you use a supported runtime while creating or updating functions."
        )
    if runtime is not None and runtime not in RUNTIMES:
        raise errors.invalid_parameter(
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
            f"[{', '.join(RUNTIMES)}] or be a valid ARN"
        )
    if runtime is not None and not _RUNTIME.fullmatch(runtime):
        raise errors.invalid_parameter(
            f"The emulator does not support the runtime {runtime}; use python3.x, nodejs, provided.al2023 or an image."
        )
    if runtime is not None and runtime.startswith("python") and runtime != RUNNING_PYTHON:
        raise errors.invalid_parameter(
            f"The emulator runs zip archives on its own Python, {RUNNING_PYTHON}, not on {runtime}; use an image."
        )
    if runtime is not None and runtime.startswith("nodejs") and shutil.which("node") is None:
        raise errors.invalid_parameter(
            f"The emulator runs zip archives of {runtime} on this machine's node, which is not on its PATH."
        )
