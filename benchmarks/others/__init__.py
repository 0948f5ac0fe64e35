"""The same work by other means, for scale; in an environment of its own."""
