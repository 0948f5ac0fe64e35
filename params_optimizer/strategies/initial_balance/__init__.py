"""The Initial Balance strategy: reference rules, compiled backtest, whole-grid panel."""
