"""Generated and real data are told apart and kept apart."""

from pathlib import Path

import pytest

from params_optimizer.data.marker import MARKER, check_not_mixed, is_generated, mark_generated
from params_optimizer.errors import DataError


def test_everything_below_a_marked_folder_is_generated(tmp_path: Path):
    root, beside = tmp_path / "sample", tmp_path / "real"
    mark_generated(root, "made by dice\n")
    beside.mkdir()
    assert (root / MARKER).read_text() == "made by dice\n"
    assert is_generated(root)
    assert is_generated(root / "GER40 1m x" / "bars.csv")
    assert not is_generated(beside)
    assert not is_generated(tmp_path)
    assert not is_generated(tmp_path / "missing")


def test_a_link_to_generated_data_is_generated(tmp_path: Path):
    exports = tmp_path / "sample" / "GER40 1m x"
    mark_generated(tmp_path / "sample", "made by dice\n")
    exports.mkdir()
    link = tmp_path / "GER40 1m x"
    try:
        link.symlink_to(exports, target_is_directory=True)
    except OSError:
        pytest.skip("this system lets no ordinary user make symbolic links")
    assert is_generated(link)


def test_a_relative_path_is_seen_in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    mark_generated(tmp_path, "made by dice\n")
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path / "inside")
    assert is_generated(Path("bars.csv"))


@pytest.mark.parametrize(
    ("marked", "generated", "said"),
    [
        (True, True, None),
        (False, False, None),
        (True, False, "marked as generated .*another folder with --data-dir"),
        (False, True, "'optimized'.* --data-dir data/sample"),
    ],
)
def test_mixing_is_refused(tmp_path: Path, marked: bool, generated: bool, said: str | None):
    (tmp_path / "optimized").mkdir()
    if marked:
        mark_generated(tmp_path, "made by dice\n")
    if said is None:
        check_not_mixed(tmp_path, generated=generated)
        return
    with pytest.raises(DataError, match=said) as caught:
        check_not_mixed(tmp_path, generated=generated)
    assert str(tmp_path) in str(caught.value)
