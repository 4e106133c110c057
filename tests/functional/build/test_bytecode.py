"""Byte code that Python takes without a look at the source."""

from __future__ import annotations

import marshal
import os
import subprocess
import sys

import pytest

from mlfn_engine.images.bytecode import compiled, pyc_path

SOURCE = b"import json\n\ndef predict(value):\n    return json.dumps({'value': value, 'kind': 'word'})\n"


def test_byte_code_is_hash_based_and_never_checked() -> None:
    content = compiled(SOURCE, "/var/task/mood.py")

    assert content is not None
    assert content[4:8] == b"\x01\x00\x00\x00"


def test_byte_code_names_the_file_as_the_image_has_it() -> None:
    content = compiled(SOURCE, "/var/task/mood.py")

    assert content is not None
    assert marshal.loads(content[16:]).co_filename == "/var/task/mood.py"  # noqa: S302  we have just made it


SETS = b"def known(word):\n    return word in {'alpha', 'beta', 'gamma', 'delta', 1, 2.5, None}\n"
ELSEWHERE = """
import sys
from mlfn_engine.images.bytecode import compiled
sys.stdout.write(compiled({source!r}, "/m.py").hex())
"""


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_byte_code_is_the_same_from_every_process(seed: str) -> None:
    code = ELSEWHERE.format(source=SETS)

    made = subprocess.check_output([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, text=True)

    here = compiled(SETS, "/m.py")
    assert here is not None
    assert made == here.hex()


@pytest.mark.parametrize(
    "before", ["", 'import sys; sys.intern(chr(126)); sys.intern("")'], ids=["nothing", "interning"]
)
def test_byte_code_does_not_tell_what_its_process_did_before(before: str) -> None:
    source = b"def mark(word):\n    return word + '~' + ''\n"
    code = before + ELSEWHERE.format(source=source)

    made = subprocess.check_output([sys.executable, "-c", code], text=True)

    here = compiled(source, "/m.py")
    assert here is not None
    assert made == here.hex()


def test_a_syntax_error_gives_no_byte_code() -> None:
    assert compiled(b"def", "/var/task/mood.py") is None


def test_byte_code_lies_where_python_looks_for_it() -> None:
    assert pyc_path("var/task/a/mood.py").startswith("var/task/a/__pycache__/mood.cpython-3")
