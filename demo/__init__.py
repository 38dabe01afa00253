"""A small project that shows the package at work; ``make demo`` starts it."""
