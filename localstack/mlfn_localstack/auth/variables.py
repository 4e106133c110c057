"""Variables in policies: `${aws:username}`, with a default or without.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlfn_localstack.globs import literally

if TYPE_CHECKING:
    from collections.abc import Mapping

_VARIABLE = re.compile(r"\$\{([^}]+)\}")


def expand(values: tuple[str, ...], context: Mapping[str, tuple[str, ...]], *, pattern: bool) -> tuple[str, ...]:
    """Texts with the request's values in them; in a `pattern`, a star that comes of a variable is no wildcard.

    A variable without a value or default stays as it is, and so matches nothing.
    """

    def value_of(match: re.Match[str]) -> str:
        name, comma, default = match[1].partition(",")
        if name in ("*", "?", "$"):
            return literally(name) if pattern else name
        found = context.get(name.strip().lower(), ())
        if len(found) != 1:
            return default.strip().strip("'") if comma else match[0]
        return literally(found[0]) if pattern else found[0]

    return tuple(_VARIABLE.sub(value_of, value) if "${" in value else value for value in values)
