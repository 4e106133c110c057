"""How full an environment's temporary directory is."""

from __future__ import annotations

from pathlib import Path

from mlfn_localstack.services.lambda_.execution.storage import StorageWatch, used_bytes

MB = 1024 * 1024


def test_small_files_count_together(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for number in range(3):
        (tmp_path / "deep" / "er" / str(number)).write_bytes(bytes(MB))

    assert 3 * MB <= used_bytes(tmp_path) < 4 * MB


def test_what_a_link_points_to_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(bytes(MB))
    (tmp_path / "scratch").mkdir()
    (tmp_path / "scratch" / "link").symlink_to(tmp_path / "other")

    assert used_bytes(tmp_path / "scratch") < MB


def test_a_missing_directory_is_empty(tmp_path: Path) -> None:
    assert used_bytes(tmp_path / "missing") == 0


def test_a_look_that_took_long_is_not_repeated_soon(tmp_path: Path) -> None:
    times = iter([0.0, 0.5, 5.0, 10.6, 10.6])
    watch = StorageWatch(tmp_path, 1, lambda: next(times))
    (tmp_path / "file").write_bytes(bytes(2 * MB))

    assert [watch.exceeded() for _ in range(3)] == [True, False, True]
