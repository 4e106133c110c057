"""AWS::Serverless-2016-10-31: AWS's own translator (aws-sam-translator), in a process of its own as it loads boto3."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlfn_localstack.options import SAM_PYTHON
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.errors import validation_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Environment

SERVERLESS = "AWS::Serverless-2016-10-31"
_PROGRAM = Path(__file__).with_name("sam_translation.py")
_MISSING = (
    f"The emulator expands {SERVERLESS} with AWS's aws-sam-translator, which it does not find: install it beside the "
    f"emulator, put AWS SAM CLI's `sam` on its PATH, or start it with --option {SAM_PYTHON}=PYTHON that has it."
)


async def translated(
    document: dict[str, Any], parameters: Mapping[str, str], environment: Environment
) -> dict[str, Any]:
    """What the transform makes of a template.

    Raises:
        ServiceError: ValidationError: the template is not one of its, or there is no translator.
    """
    python = _translator(environment.options)
    if python is None:
        raise validation_error(_MISSING)
    asked = {"template": document, "parameters": dict(parameters)}
    answer = await _translated(python, asked, environment.region)
    if "error" in answer:
        raise validation_error(f"Transform {SERVERLESS} failed with: {answer['error']}")
    found: dict[str, Any] = answer["template"]
    return found


async def _translated(python: str, asked: dict[str, Any], region: str) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        python,
        "-I",
        str(_PROGRAM),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "AWS_DEFAULT_REGION": region},
    )
    out, err = await process.communicate(json.dumps(asked).encode())
    if process.returncode:
        last = err.decode(errors="replace").strip().rpartition("\n")[2]
        raise ServiceError("InternalFailure", f"aws-sam-translator failed: {last}", status=500)
    answer: dict[str, Any] = json.loads(out)
    return answer


def _translator(options: Mapping[str, str]) -> str | None:
    """The interpreter that has the translator: the one that is named, this one, or AWS SAM CLI's."""
    if SAM_PYTHON in options:
        return options[SAM_PYTHON]
    if importlib.util.find_spec("samtranslator") is not None:
        return sys.executable
    sam = shutil.which("sam")
    return _interpreter(Path(sam)) if sam else None


def _interpreter(script: Path) -> str | None:
    """Who runs a script, if that is a Python."""
    with script.open("rb") as file:
        first = file.readline(512).decode(errors="replace")
    program = first.removeprefix("#!").strip()
    return program if first.startswith("#!") and Path(program).name.startswith("python") else None
