"""The strategies: rules in, trades and metrics out."""
