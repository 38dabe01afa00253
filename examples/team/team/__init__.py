"""Expenses of a team."""
