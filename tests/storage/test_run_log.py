"""`run.log` grows line by line and is never taken elsewhere."""

import errno
import logging
import os
from datetime import UTC, datetime

import pytest

from params_optimizer.storage import files
from params_optimizer.storage.run_log import LOG, RunLog

NOON = datetime(2026, 1, 2, 12, 0, 5, tzinfo=UTC)


def remark(text: str, level: int = logging.INFO) -> logging.LogRecord:
    record = logging.LogRecord("params_optimizer", level, __file__, 1, text, None, None)
    record.created = NOON.timestamp()
    return record


def test_messages_are_added_with_their_time(tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    RunLog(tmp_path).handle(remark("one"))
    log = RunLog(tmp_path)  # the run goes on
    log.handle(remark("two\n  lines\n\nend"))
    log.handle(remark(""))
    log.handle(remark("be careful", logging.WARNING))
    lines = (tmp_path / LOG).read_text().splitlines()
    assert lines == [
        "2026-01-02 12:00:05Z  one",
        "2026-01-02 12:00:05Z  two",
        f"{'':22}  lines",
        "",
        f"{'':22}end",
        "2026-01-02 12:00:05Z  ",
        "2026-01-02 12:00:05Z  warning: be careful",
    ]


def test_any_text_can_be_kept(tmp_path):
    RunLog(tmp_path).handle(remark("Dépôt 東京 \udcff"))
    assert "東京" in (tmp_path / LOG).read_text(encoding="utf-8")


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="needs links that are told apart")
def test_a_link_is_not_followed(tmp_path, caplog):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / LOG).symlink_to(tmp_path / "elsewhere")
    RunLog(tmp_path / "run").handle(remark("x"))
    assert "the log of this run ends here: cannot write" in caplog.text
    assert not (tmp_path / "elsewhere").exists()


def test_a_full_disk_is_told(tmp_path, monkeypatch, caplog):
    def full(operation: str, path: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "before", full)
    RunLog(tmp_path).handle(remark("x"))
    assert "No space left" in caplog.text
