"""Code that a template holds itself, as the archive that CloudFormation makes of it."""

from __future__ import annotations

import io
import re
from pathlib import Path

_MODULES = {
    "python": (re.compile(r"^\s*import cfnresponse\b", re.MULTILINE), "cfnresponse.py"),
    "nodejs": (re.compile(r"""\brequire\(\s*(['"])cfn-response\1\s*\)"""), "cfn-response.js"),
}
"""How code asks for the module that answers for a custom resource, which is there for nobody else."""


def archive_of(text: str, runtime: str) -> bytes:
    """A zip archive with one file, and beside it the module `cfn-response` for code that asks for it.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-lambda-function-code-cfnresponsemodule.html
    """
    from zipfile import ZipFile, ZipInfo  # noqa: PLC0415 - half a megabyte, of no use where functions are images

    language = "nodejs" if runtime.startswith("nodejs") else "python"
    asks, module = _MODULES[language]
    target = io.BytesIO()
    with ZipFile(target, "w") as archive:
        archive.writestr(ZipInfo("index.js" if language == "nodejs" else "index.py"), text)
        if asks.search(text):
            archive.writestr(ZipInfo(module), Path(__file__).with_name(module).read_bytes())
    return target.getvalue()
