"""The command on ugly settings, folders and unfinished runs: told, without a traceback."""

import json
import os
from collections.abc import Callable

import pytest

from tests.crash.harness import TINY_GRID, Lab

pytestmark = pytest.mark.skipif(os.name == "nt", reason="commands are started by fork")
MakeLab = Callable[..., Lab]


def grid(**values: object) -> str:
    return json.dumps({**TINY_GRID, **values})


FIXABLE = {
    "a broken configuration": (["--config", "{root}/x.json"], "{", ["x.json", "line 1"]),
    "no text": (["--config", "{root}/x.json"], "\0\udcff", ["x.json"]),
    "an unknown setting": (
        ["--config", "{root}/x.json"],
        '{"min_trads": 3}',
        ["x.json", "min_trads", "min_trades"],
    ),
    "weights of more than 1": (
        ["--config", "{root}/x.json"],
        '{"ranking_weights": {"total_r": 2.0}}',
        ["ranking_weights", "must add up to 1"],
    ),
    "a configuration that is a folder": (["--config", "{root}"], "", ["{root}"]),
    "a grid that is no JSON": (["--grid", "{root}/x.json"], "x", ["x.json"]),
    "a grid with a wrong key": (
        ["--grid", "{root}/x.json"],
        grid(rr_targets=[1.0]),
        ["x.json", "rr_targets"],
    ),
    "an empty list": (["--grid", "{root}/x.json"], grid(stop_mode=[]), ["x.json", "stop_mode"]),
    "an output folder below a file": (
        ["--output-dir", "{root}/x.json/deep"],
        "{}",
        ["cannot make the folder {root}/x.json", "is in the way"],
    ),
}


@pytest.mark.parametrize(("arguments", "content", "said"), FIXABLE.values(), ids=FIXABLE.keys())
def test_settings_that_cannot_be_are_told(make_lab: MakeLab, arguments, content, said):
    lab = make_lab("tiny")
    (lab.root / "x.json").write_bytes(content.encode(errors="surrogateescape"))
    ended = lab.start(*(one.format(root=lab.root) for one in arguments)).end()
    assert ended.code == 1, ended.err
    assert "Traceback" not in ended.err
    for text in said:
        assert text.format(root=lab.root) in ended.err
    assert lab.runs() == []


def test_a_complete_run_can_be_asked_again_and_again(make_lab: MakeLab):
    lab = make_lab("tiny")
    lab.finish()
    (run,) = lab.runs()
    for arguments in (["--trades", "best"], ["--trades", "3"], ["--validate", "2"]):
        ended = lab.start("--run-dir", run.name, *arguments).end()
        assert ended.code == 0, ended.err
        assert ended.out
    assert lab.start("--check", run.name).end().code == 0
    assert lab.runs() == [run]


DIES_BEFORE_THE_END = """
import os
from params_optimizer.orchestrator import run
run._join = lambda *given: os._exit(9)
"""


def test_an_unfinished_run_has_no_results_yet(make_lab: MakeLab):
    lab = make_lab("tiny")
    assert lab.start(hook=DIES_BEFORE_THE_END).end().code == 9
    (run,) = lab.runs()
    ended = lab.start("--validate", "2").end()
    assert (ended.code, "holds no complete run of GER40" in ended.err) == (1, True)
    ended = lab.start("--run-dir", run.name, "--validate", "2").end()
    assert (ended.code, "this run is interrupted, not complete" in ended.err) == (1, True)
    assert lab.finish().err.startswith(f"continuing {run.name}")


NAMES = ['quo\'tes "both"', "Zürich 東京", "-dash", "a;b&&c $HOME", "new\nline", "100%"]


def test_folders_of_any_name_serve(make_lab: MakeLab, undisturbed):
    lab = make_lab("tiny")
    for name in NAMES:
        root = lab.root / name
        root.mkdir()
        lab.data.rename(root / "data")
        for folder in (lab.output, root / "output"):
            folder.mkdir(exist_ok=True)
        ended = lab.start(
            "--data-dir", str(root / "data"), "--output-dir", str(root / "output")
        ).end()
        (root / "data").rename(lab.data)
        assert ended.code == 0, ended.err
        assert lab.runs() == [], "it is written where it was asked for"
        lab.output.rmdir()
        (root / "output").rename(lab.output)
        assert lab.digests() == undisturbed("tiny")
        lab.output.rename(root / "output")


def test_nothing_is_written_outside_of_the_output_folder(make_lab: MakeLab):
    lab = make_lab("tiny")
    lab.finish()
    (run,) = lab.runs()
    outside = {path for path in lab.root.rglob("*") if lab.output not in path.parents}
    (lab.root / "elsewhere").mkdir()
    (lab.output / "link").symlink_to(lab.root / "elsewhere", target_is_directory=True)
    (run / "set_aside").symlink_to(lab.root / "elsewhere", target_is_directory=True)
    for name in ("../elsewhere", "link", str(lab.root / "elsewhere"), ".."):
        ended = lab.start("--run-dir", name, "--trades", "best").end()
        assert (ended.code, "Traceback" in ended.err) == (1, False), ended.err
    lab.finish("--trades", "best", "--run-dir", run.name)
    new = {path for path in lab.root.rglob("*") if lab.output not in path.parents} - outside
    own = {".out", ".err", ".code"}
    assert {path.name for path in new if path.suffix not in own} == {"elsewhere"}
