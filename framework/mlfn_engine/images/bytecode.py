"""Byte code that is valid without a look at its source, and the same bytes from every process that makes it.

Also a program: `python bytecode.py` compiles the files named on its standard input, one JSON array
`[source, path in the image, target]` a line. It needs the standard library only.
"""

from __future__ import annotations

import importlib.util
import json
import marshal
import sys
import warnings
from pathlib import Path

SHARED = ("", *map(chr, range(256)))
"""Strings that CPython has once."""

UNCHECKED_HASH = 0b01
"""PEP 552: hash-based, and never compared with the source."""


def compiled(source: bytes, image_path: str) -> bytes | None:
    """The `.pyc` of a source file that lies at `image_path`; None where it has a syntax error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(source, image_path, "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError, RecursionError):
        return None
    # marshal writes the same in every process: interned strings are always references, sets sorted (bpo-37596);
    # but strings of one character are shared by the whole process, interned or not as it went so far
    for shared in SHARED:
        sys.intern(shared)
    flags = UNCHECKED_HASH.to_bytes(4, "little")
    return importlib.util.MAGIC_NUMBER + flags + importlib.util.source_hash(source) + marshal.dumps(code)


def pyc_path(path: str) -> str:
    """Where this interpreter looks for the byte code of a source file."""
    directory, _, name = path.rpartition("/")
    return f"{directory}/__pycache__/{name.removesuffix('.py')}.{sys.implementation.cache_tag}.pyc"


def main() -> None:
    """Compile what standard input names."""
    for line in sys.stdin:
        source, image_path, target = json.loads(line)
        code = compiled(Path(source).read_bytes(), image_path)
        if code is not None:
            Path(target).parent.mkdir(exist_ok=True)
            Path(target).write_bytes(code)


if __name__ == "__main__":
    main()
