"""What the purge and the rotation of keys cost those who verify meanwhile."""
