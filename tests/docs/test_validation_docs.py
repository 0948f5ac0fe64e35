"""docs/validation.md tells every field of the files of a validation."""

from pathlib import Path

import pytest

from params_optimizer.storage.sealed import unsealed
from tests.docs.documents import DOCUMENTS, codes

VALIDATION = DOCUMENTS["docs/validation.md"]


@pytest.mark.parametrize(("name", "heading"), [("regimes", "Files of the regimes")])
def test_fields_of_json(name: str, heading: str, run_folder: Path) -> None:
    content = unsealed((run_folder / f"GER40_{name}.json").read_bytes())
    rows = {
        code: codes(row[1]) for row in VALIDATION.sections[heading].rows for code in codes(row[0])
    }
    assert set(content) == set(rows)
    for field, inner in content.items():
        one = inner[0] if isinstance(inner, list) else inner
        if field not in {"days", "labels"} and isinstance(one, dict):
            assert set(one) <= set(rows[field]), field


def test_columns_of_the_matrix(run_folder: Path) -> None:
    header = (run_folder / "GER40_regimes.csv").read_text().splitlines()[0].split(",")
    told = VALIDATION.sections["Files of the regimes"].codes
    assert set(header[: header.index("ib_start")]) <= set(told)
