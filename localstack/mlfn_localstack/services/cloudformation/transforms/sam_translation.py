"""A program: a serverless template in, the CloudFormation template that AWS's translator makes of it out.

Run by itself, by the interpreter that has `samtranslator`, which need not be the emulator's; so nothing of the emulator
is imported here. In: `{"template": …, "parameters": …}`; out: `{"template": …}` or `{"error": …}`.
"""

from __future__ import annotations

import json
import sys
from typing import Any


class NoMorePolicies:
    """The names of AWS's managed policies: those that come with the translator, and no more."""

    def load(self) -> dict[str, str]:
        """Nothing beside what it knows itself."""
        return {}


def translated(asked: dict[str, Any]) -> dict[str, Any]:
    """The answer to one request."""
    from samtranslator.model.exceptions import ExceptionWithMessage, InvalidDocumentException  # noqa: PLC0415
    from samtranslator.translator.transform import transform  # noqa: PLC0415

    try:
        return {"template": transform(asked["template"], asked["parameters"], NoMorePolicies())}
    except InvalidDocumentException as error:
        return {"error": " ".join([error.message, *(cause.message for cause in error.causes)])}
    except ExceptionWithMessage as error:
        return {"error": error.message}


if __name__ == "__main__":
    json.dump(translated(json.load(sys.stdin)), sys.stdout)
