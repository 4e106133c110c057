"""The order of lines, response and put that `standard` promises."""

from __future__ import annotations

import json
import time

from mlfn.audit.record import Phase


def test_a_call_is_answered_recorded_in_the_log_and_put_in_the_table(function, table):
    function.start()

    answer = function.invoke({"text": "fine"})

    assert (answer.kind, answer.value) == ("response", {"label": "good", "score": 0.5})
    function.settle()
    assert [record.phase for record in function.lines()] == [Phase.STARTED, Phase.COMPLETED]
    assert table.records() == [function.lines()[1]]
    assert all(record.is_intact() for record in function.lines())
    assert function.lines(b'{"mlfn_spool":') == []
