"""The site of the documentation: ``make docs`` writes it to ``build/site`` (docs/development.md)."""
