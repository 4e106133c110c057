"""Space-delimited filter patterns, by the guide's Apache access log."""

from __future__ import annotations

import pytest

from mlfn_localstack.services.logs.filter_patterns import PatternSyntaxError, compile_pattern

LINE = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'
NAMED = "[ip, user, username, timestamp, request, status_code, bytes]"


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (NAMED, True),
        ("[ip, user, username]", False),
        ("[ip, ...]", True),
        ("[..., status_code, bytes]", True),
        ("[ip, user, username, timestamp, request, status_code = 4*, bytes > 1000]", True),
        ("[ip, user, username, timestamp, request = *html*, status_code = 404, bytes <= 1000]", False),
        ("[..., request = %index.html%, status_code != 200, bytes]", True),
        ("[..., status_code = 404 || status_code = 410, bytes]", True),
        ("[..., (status_code >= 400 && status_code < 404), bytes]", False),
        ('[ip = "127.0.0.1", ...]', True),
        ("[ip = 10.*, ...]", False),
        ("[w1 = *nobody*, ...]", False),
    ],
)
def test_a_line_is_selected_by_its_words(pattern: str, found: bool) -> None:
    assert compile_pattern(pattern)(LINE) == found


@pytest.mark.parametrize("pattern", ["[a, b", "[a, , b]", "[..., a, ...]", "[a b]", "[a > x]", "[a = %(%]"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(PatternSyntaxError):
        compile_pattern(pattern)
