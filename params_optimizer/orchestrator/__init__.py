"""The life of a run: master, workers, checkpoint, what goes on after a crash."""
