"""The bank that the page belongs to."""
