"""`run.log` grows line by line and is never taken elsewhere."""

import errno
import os
from datetime import UTC, datetime, timedelta, timezone

import pytest

from params_optimizer.errors import StorageError
from params_optimizer.storage import files
from params_optimizer.storage.run_log import LOG, run_log

NOON = datetime(2026, 1, 2, 12, 0, 5, tzinfo=UTC)


def test_remarks_are_added_with_their_time(tmp_path):
    run_log(tmp_path)(NOON, "one")
    record = run_log(tmp_path)  # the run goes on
    record(NOON.astimezone(timezone(timedelta(hours=9))), "two\n  lines\n\nend")
    record(NOON, "")
    lines = (tmp_path / LOG).read_text().splitlines()
    assert lines == [
        "2026-01-02 12:00:05Z  one",
        "2026-01-02 12:00:05Z  two",
        f"{'':22}  lines",
        "",
        f"{'':22}end",
        "2026-01-02 12:00:05Z  ",
    ]


def test_any_text_can_be_kept(tmp_path):
    run_log(tmp_path)(NOON, "Dépôt 東京 \udcff")
    assert "東京" in (tmp_path / LOG).read_text(encoding="utf-8")


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="needs links that are told apart")
def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / LOG).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match=rf"cannot write .*{LOG}"):
        run_log(tmp_path / "run")(NOON, "x")
    assert not (tmp_path / "elsewhere").exists()


def test_a_full_disk_is_told(tmp_path, monkeypatch):
    def full(operation: str, path: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "before", full)
    with pytest.raises(StorageError, match="No space left"):
        run_log(tmp_path)(NOON, "x")
