"""The public fakes: the world in memory, for scripts, tests and docs."""
