"""The public fakes: every port in memory, for scripts, tests and docs."""
