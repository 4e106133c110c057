"""Byte code that Python takes without a look at the source."""

from __future__ import annotations

import marshal

from mlfn_engine.bytecode import compiled, pyc_path

SOURCE = b"import json\n\ndef predict(value):\n    return json.dumps({'value': value, 'kind': 'word'})\n"


def test_byte_code_is_hash_based_and_never_checked() -> None:
    content = compiled(SOURCE, "/var/task/mood.py")

    assert content is not None
    assert content[4:8] == b"\x01\x00\x00\x00"


def test_byte_code_names_the_file_as_the_image_has_it() -> None:
    content = compiled(SOURCE, "/var/task/mood.py")

    assert content is not None
    assert marshal.loads(content[16:]).co_filename == "/var/task/mood.py"  # noqa: S302  we have just made it


def test_byte_code_does_not_depend_on_the_strings_that_the_process_holds() -> None:
    one = compiled(SOURCE.replace(b"word", b"w_first_seen"), "/m.py")
    held = [eval("'w_first_seen'"), eval("'dumps'")]  # noqa: S307  interned, as another module would

    assert compiled(SOURCE.replace(b"word", b"w_first_seen"), "/m.py") == one
    assert held


def test_a_syntax_error_gives_no_byte_code() -> None:
    assert compiled(b"def", "/var/task/mood.py") is None


def test_byte_code_lies_where_python_looks_for_it() -> None:
    assert pyc_path("var/task/a/mood.py").startswith("var/task/a/__pycache__/mood.cpython-3")
