"""Time, randomness and keys."""
