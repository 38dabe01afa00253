"""Django: rows, settings, checks, signals."""
