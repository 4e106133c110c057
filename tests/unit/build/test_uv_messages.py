"""What uv says, in our words."""

from __future__ import annotations

import pytest

from mlfn_engine.dependencies.uv import refusal
from mlfn_engine.images.values import Platform
from mlfn_engine.values import Architecture, Base

LAMBDA = Platform(base=Base.LAMBDA, architecture=Architecture.X86_64, python="3.11")

NO_WHEEL = """\
error: No solution found when resolving dependencies
  cause: Because sgmllib3k==1.0.0 has no usable wheels and only sgmllib3k==1.0.0 is available, we can conclude that
         all versions of sgmllib3k cannot be used.
         And because you require sgmllib3k, we can conclude that your requirements are unsatisfiable.

hint: Wheels are required for `sgmllib3k` because building from source is disabled for all packages
"""
NO_PLATFORM = """\
  × No solution found when resolving dependencies:
  ╰─▶ Because pywin32>=303 has no wheels with a matching platform tag (e.g., `manylinux_2_34_x86_64`) and you require
      pywin32, we can conclude that your requirements are unsatisfiable.
"""
UNKNOWN = """\
  cause: Because nosuchpackage was not found in the package registry and you require nosuchpackage, we can conclude
         that your requirements are unsatisfiable.
"""
NO_VERSION = "  cause: Because there is no version of numpy==99 and you require numpy==99, we can …\n"
CLASH = """\
  cause: Because you require numpy==2.0 and numpy==1.26, we can conclude that your requirements are unsatisfiable.
"""
UNREADABLE = """\
error: Couldn't parse requirement in `r7.in` at position 0
  cause: Expected one of `@`, `(`, `<`, `=`, `>`, `~`, `!`, `;`, found `p`
         num py==2.0
             ^
"""
OFFLINE = """\
error: Failed to fetch: http://127.0.0.1:9/simple/click/
  cause: error sending request for url (http://127.0.0.1:9/simple/click/)
"""
FULL = """\
error: Failed to install: six-1.17.0-py2.py3-none-any.whl (six==1.17.0)
  cause: failed to copy file from /cache/six.py to /work/six.py: No space left on device (os error 28)
"""
OTHER = "error: something new.\n"


@pytest.mark.parametrize(
    ("stderr", "message"),
    [
        pytest.param(NO_WHEEL, "There is no wheel of sgmllib3k==1.0.0 for Lambda (x86_64, Python 3.11).", id="sdist"),
        pytest.param(NO_PLATFORM, "There is no wheel of pywin32 for Lambda (x86_64, Python 3.11).", id="platform"),
        pytest.param(UNKNOWN, "The package 'nosuchpackage' is not in the package index.", id="unknown"),
        pytest.param(NO_VERSION, "There is no version numpy==99 for Lambda (x86_64, Python 3.11).", id="version"),
        pytest.param(
            FULL,
            "The disk is full, so the requirements for Lambda (x86_64, Python 3.11) are not installed.",
            id="full",
        ),
        pytest.param(
            CLASH,
            "The requirements for Lambda (x86_64, Python 3.11) contradict each other: "
            "you require numpy==2.0 and numpy==1.26.",
            id="clash",
        ),
        pytest.param(
            UNREADABLE,
            "'num py==2.0' is not a requirement: Expected one of `@`, `(`, `<`, `=`, `>`, `~`, `!`, `;`, found `p`.",
            id="unreadable",
        ),
        pytest.param(
            OFFLINE,
            "The package index cannot be reached, so the requirements for Lambda (x86_64, Python 3.11) "
            "are not resolved.",
            id="offline",
        ),
        pytest.param(
            OTHER,
            "The requirements for Lambda (x86_64, Python 3.11) could not be resolved: error: something new.",
            id="other",
        ),
    ],
)
def test_a_refusal_is_one_sentence_about_the_requirement_and_the_platform(stderr: str, message: str) -> None:
    assert refusal(stderr, LAMBDA).message == message


def test_a_missing_wheel_comes_with_the_line_that_allows_a_build() -> None:
    error = refusal(NO_WHEEL, LAMBDA)

    assert error.hint == (
        "Require a version that has one, replace the package, or allow a build: "
        'allow-sdist = ["sgmllib3k"] under [tool.mlfn] in pyproject.toml.'
    )
