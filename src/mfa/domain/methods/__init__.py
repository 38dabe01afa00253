"""The kinds of second factor: each one judges values and keeps its own state, purely."""
