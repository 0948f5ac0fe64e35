"""Names in the files of validations as people read them."""

from params_optimizer.reports.excel.contents import FIGURES
from params_optimizer.reports.labels import in_line, split

_WORDS = {
    "metric": "Best by",
    "mean_beaten": "Share of the others left behind (chance: 0.5)",
    "rank_correlation": "Rank correlation (1 same order, 0 none)",
    "positive_window_rate": "Share of windows with a profit",
    "total_oos_r": "Total R out of sample",
    "total_oos_profit": "Profit out of sample",
    "oos_days": "Trading days out of sample",
    "average_oos_sharpe": "Sharpe out of sample, average of windows",
    "std_oos_profit": "Profit of a window, deviation",
    "efficiency": "R per day, share of that in sample",
    "key": "Parameter",
    "mode": "Most frequent",
    "distinct": "Values",
    "coming": "Kind of the next day",
    "luck": "Chance that switching gains nothing (share of 1)",
    "unlabelled_days": "Days without a kind (days)",
    "unseen_days": "Days of a kind without a choice of its own (days)",
    "different_days": "Days on which the two differ (days)",
    "own_days": "Days with its own choice",
    "one": "One for all: combination",
    "one_total_r": "One for all: total R",
    "switched_total_r": "Switched: total R",
    "one total_r": "One for all: total R",
    "one total_trades": "One for all: trades",
    "one winrate": "One for all: win rate %",
    "one sharpe_ratio": "One for all: Sharpe ratio",
    "one max_drawdown": "One for all: max. drawdown R",
    "switched total_r": "Switched: total R",
    "switched total_trades": "Switched: trades",
    "switched winrate": "Switched: win rate %",
    "switched sharpe_ratio": "Switched: Sharpe ratio",
    "switched max_drawdown": "Switched: max. drawdown R",
    "as_tested": "As tested (R)",
    "spread_x1_5": "Spread × 1.5 (R)",
    "spread_x2": "Spread × 2 (R)",
    "spread_x3": "Spread × 3 (R)",
    "slippage": "One tick of slippage a fill (R)",
    "pessimistic": "Pessimistic fills (R)",
    "pessimistic_slippage_spread_x2": "Pessimistic fills, slippage and spread × 2 (R)",
    "spread": "Spread (points)",
    "profitable": "Combinations above 0 R",
    "best_total_r": "Best total R",
    "probabilistic_sharpe": "Probabilistic Sharpe (share of 1)",
    "deflated_sharpe": "Deflated Sharpe, all tries (share of 1)",
    "deflated_sharpe_effective": "Deflated Sharpe, independent tries (share of 1)",
    "bootstrap_loss_probability": "Chance of a loss (share of 1)",
    "bootstrap_total_r_low": "Total R, low end of 95 %",
    "bootstrap_total_r_high": "Total R, high end of 95 %",
    "plateau_mean": "Neighbours: mean total R",
    "plateau_worst": "Neighbours: worst total R",
    "probability": "Probability of overfitting (share of 1)",
    "loss_probability": "Chance of a loss on the other days (share of 1)",
    "standard_error": "Standard error (share of 1)",
    "looked_at": "Looked at (sample or full)",
    "slope": "Slope, other days against chosen",
    "beaten": "Share of the others left behind",
    "params": "Parameters",
    "border": "Trades across a border are",
    "chosen_on": "Chosen on",
    "trials": "Trials",
    "sample": "Parameter sets drawn at random",
    "trials_per_window": "Trials of each window",
    "trials_per_regime": "Trials of each kind of day",
    "days_left_over": "Days left over (days)",
    "anchored": "In-sample days grow from a fixed start",
    "deviation": "Standard deviation",
    "low": "Low end of 95 %",
    "high": "High end of 95 %",
    "space": "Parameter sets in the space",
    "effective_trials": "Independent tries they amount to",
    "sharpe_variance": "Variance of their Sharpe ratios, per trade",
    "best_sharpe": "Best Sharpe ratio, per trade",
    "expected_best": "Best of as many tries of noise, per trade",
    "expected_best_effective": "Best of as many independent tries of noise",
    "sharpe": "Sharpe ratio, per trade",
    "costs_x1_5": "Costs × 1.5 (R)",
    "costs_x2": "Costs × 2 (R)",
    "costs_x3": "Costs × 3 (R)",
    "pessimistic_slippage_costs_x2": "Pessimistic fills, slippage and costs × 2 (R)",
    "sampled": "Parameter sets drawn at random",
    "sampled_profitable": "Of them above 0 R",
    "sampled_profitable_costs_x2": "Of them above 0 R at twice the costs",
}
"""Names in the files that do not speak for themselves."""


def heading_of(name: str) -> str:
    """`out_sample total_r` as `Out of sample: total R`; other names as words."""
    for prefix, words in (("in_sample", "In sample"), ("out_sample", "Out of sample")):
        rest = name.removeprefix(prefix)
        if name == prefix:
            return words
        if name.startswith(prefix) and rest:
            inner = heading_of(rest[1:])
            return f"{words}: {inner if rest[0] == ' ' else inner.lower()}"
    _, figure = split(name)
    if name in _WORDS:
        return _WORDS[name]
    if figure in FIGURES or figure in ("combination", "rank"):
        return in_line(name)
    words = name.replace("_", " ").capitalize()
    return words.replace("sharpe", "Sharpe").replace(" r ", " R ")
