"""How often the kernel has ended processes of a control group for their memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlfn_localstack.services.lambda_.execution.memory_events import events_file, kills


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n", 2),
        ("low 0\nhigh 0\nmax 7\noom 3\noom_kill 1\noom_group_kill 0\n", 1),
        ("", 0),
    ],
    ids=["version-1", "version-2", "empty"],
)
def test_the_kernels_count_is_read_in_both_versions(tmp_path: Path, text: str, count: int) -> None:
    (tmp_path / "events").write_text(text)

    assert kills(tmp_path / "events") == count


def test_a_group_that_is_gone_has_killed_nobody(tmp_path: Path) -> None:
    assert kills(tmp_path / "gone") == 0


def test_a_process_that_is_gone_has_no_group() -> None:
    pid = os.posix_spawnp("true", ["true"], os.environ)
    os.waitpid(pid, 0)

    assert events_file(pid) is None
