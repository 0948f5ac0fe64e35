"""Commands in this process, on a few days of generated bars."""

import shutil
from pathlib import Path

import pytest

from params_optimizer.run_optimizer import main

BARS = Path(__file__).parents[1] / "golden" / "generated" / "GER40_m1.parquet"


@pytest.fixture
def run(tmp_path, capsys):
    folder = tmp_path / "data" / "optimized"
    folder.mkdir(parents=True)
    shutil.copy(BARS, folder / BARS.name)
    fixed = ["--data-dir", str(tmp_path / "data"), "--output-dir", str(tmp_path / "output")]
    config = tmp_path / "config.json"
    config.write_text('{"news_filter": {"enabled": false}}')
    fixed += ["--config", str(config)]

    def command(*arguments):
        if "--compare" not in arguments:
            arguments = ("--symbol", "GER40", *arguments)
        code = main([*fixed, *arguments])
        return code, *capsys.readouterr()

    def plain(*arguments):
        """A command without settings of its own."""
        code = main([*fixed[:4], *arguments])
        return code, *capsys.readouterr()

    command.plain, command.output = plain, tmp_path / "output"
    command.root = tmp_path
    return command
