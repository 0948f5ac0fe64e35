"""Equal bytes, whatever the number of workers and however they are started."""

import pytest


@pytest.mark.parametrize(
    ("workers", "method"),
    [("2", "fork"), ("7", "fork"), ("2", "spawn"), ("2", "forkserver")],
)
def test_workers_and_start_methods_do_not_matter(make_lab, undisturbed, workers, method):
    lab = make_lab("small", method=method)
    lab.finish("--workers", workers)
    assert lab.digests() == undisturbed("small")
    assert lab.status() == "complete"


def test_the_best_rows_of_a_grid_are_the_same_too(make_lab, undisturbed):
    lab = make_lab("small", "--keep", "top:20")
    lab.finish("--workers", "3")
    assert lab.digests() == undisturbed("small", "--keep", "top:20")


def test_what_is_compared_is_all_that_a_run_gives(undisturbed):
    names = set(undisturbed("small"))
    assert {
        "GER40_full_results.parquet",
        "results_final.parquet",
        "GER40_top_100.csv",
        "GER40_best_params.json",
        "GER40_variations_summary.csv",
        "GER40_best_by_variation.json",
        "GER40_variation_agg.pkl",
        *(f"GER40_variation_{name}_top500.csv" for name in ("OCAE", "TCWE", "Reverse", "REV_RB")),
    } <= names
