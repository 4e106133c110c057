"""How values get into a template: always as JSON, so that no text can change its structure."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

# What a YAML 1.1 parser takes as it stands inside double quotes (https://yaml.org/spec/1.1/#c-printable), without
# its line separators: everything else is written as an escape that JSON and YAML share.
_ESCAPED = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


class Encoded(str):
    """Text that is already encoded: the one thing a template does not encode again."""

    __slots__ = ()


def encode(value: Any) -> str:
    """A value as JSON that is also YAML, on one line."""
    if isinstance(value, Encoded):
        return value
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def block(text: str, indent: int) -> Encoded:
    """JSON text as a YAML literal block's lines, indented, so that a person can read it.

    Escapes keep every string on its line; so no string can leave the block.
    """
    lines = json.dumps(json.loads(text), indent=2, ensure_ascii=True).splitlines()
    return Encoded("\n".join(" " * indent + line for line in lines).lstrip())


@cache
def environment(folder: str = "cloudformation") -> Environment:
    """Jinja2 for the templates of a folder, that refuses undefined names and encodes every interpolated value."""
    jinja = Environment(  # noqa: S701 - the output is YAML: `finalize` encodes, HTML escaping would damage it
        loader=PackageLoader("mlfn_templates", folder),
        undefined=StrictUndefined,
        finalize=encode,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    jinja.globals["block"] = block
    jinja.filters["plain"] = Encoded
    return jinja
