"""The documents are true: links lead somewhere, options exist, examples load."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from params_optimizer import run_optimizer
from params_optimizer.actions.asked import asked
from params_optimizer.config import Settings, load_settings
from params_optimizer.data import ib_precompute
from params_optimizer.data.news import load_calendar
from params_optimizer.orchestrator.strategies import members_of, read_ensemble
from params_optimizer.orchestrator.study import load_grid
from params_optimizer.strategies.account import Account
from tests.docs.documents import CHECKOUT, DOCUMENTS, Document

COMMAND = re.compile(r"-m params_optimizer\.run_optimizer (--[^\n)]+)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
# Of docker, rsync, taskset and uv.
FOREIGN = {"--cpus", "--cpuset-cpus", "--exclude", "--no-project", "--python"}
MACHINE = re.compile(r"(?<![\w.])/(?:work|tmp|root|home|Users)/")


def known_options(capsys: pytest.CaptureFixture[str]) -> set[str]:
    text = ""
    for command in (run_optimizer, ib_precompute):
        with pytest.raises(SystemExit):
            command.main(["--help"])
        text += capsys.readouterr().out
    return set(OPTION.findall(text))


def json_of(document: Document) -> list[str]:
    """Blocks of JSON, and objects within the text."""
    inline = [code for code in document.inline_codes if code.startswith('{"')]
    return [*document.fences("json"), *inline]


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=str)
def test_relative_links_lead_somewhere(document: Document) -> None:
    for link in document.links:
        if re.match(r"[a-z]+:", link):
            continue
        name, _, fragment = link.partition("#")
        target = (document.path.parent / name).resolve() if name else document.path
        assert target.exists(), link
        if fragment:
            assert fragment in Document(target).anchors, link


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=str)
def test_no_document_names_a_place_on_the_authors_machine(document: Document) -> None:
    assert not MACHINE.search(document.text)


def test_the_index_lists_every_page() -> None:
    index = DOCUMENTS["docs/README.md"]
    listed = {(index.path.parent / link).resolve() for link in index.links}
    assert {document.path for document in DOCUMENTS.values()} - {index.path} <= listed


def test_every_option_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    told = OPTION.findall(" ".join(DOCUMENTS["docs/running.md"].inline_codes))
    assert known_options(capsys) - set(told) == set()


def test_every_documented_option_exists(capsys: pytest.CaptureFixture[str]) -> None:
    known = known_options(capsys) | FOREIGN
    for name, document in DOCUMENTS.items():
        assert set(OPTION.findall(document.text)) - known == set(), name


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=str)
def test_documented_commands_are_accepted(document: Document) -> None:
    if str(document) == "docs/extending.md":
        return  # of a program with the listings in it: run by test_extending
    for line in COMMAND.findall(document.text):
        arguments = shlex.split(line.partition("`")[0].replace(" ...", ""))
        parser = run_optimizer._parser()
        if not {"--help", "--version"} & set(arguments):
            options = vars(parser.parse_args(arguments))
            options.pop("level", None)
            asked(options, parser.options())


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=str)
def test_json_examples_load(document: Document, tmp_path: Path) -> None:
    for number, text in enumerate(json_of(document)):
        content = json.loads(text)
        path = tmp_path / f"{number}.json"
        path.write_text(text)
        if "rr_target" in content:
            load_grid(Settings(), Settings().symbol("GER40"), str(path))
        elif "rules" in content:
            members = members_of(read_ensemble(path), str(path), Account())
            assert len(members) == len(content["rules"])
        elif "events" in content:
            (tmp_path / "news").mkdir()
            shutil.copy(path, tmp_path / "news" / "forex_factory_2025.json")
            assert len(load_calendar(tmp_path).events) == len(content["events"])
        else:
            assert load_settings(path) != load_settings(CHECKOUT / "optimizer_config.json")


def test_the_shown_grid_is_as_large_as_the_text_says(tmp_path: Path) -> None:
    document = DOCUMENTS["docs/running.md"]
    path = tmp_path / "my_grid.json"
    path.write_text(next(text for text in document.fences("json") if "rr_target" in text))
    grid = load_grid(Settings(), Settings().symbol("GER40"), str(path))
    said = re.search(r"This grid has ([\d,]+) of\s+them", document.text)
    assert said
    assert said[1] == f"{len(grid):,}"


def test_every_key_of_the_settings_is_documented() -> None:
    assert DOCUMENTS["docs/running.md"].first_cells("Settings") == list(Settings.model_fields)
