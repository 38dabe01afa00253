"""What the use cases cost as the tables grow: the plans of their statements, and their times."""
