"""The whole-grid panel: every combination of an IB window and wait in one go."""
