"""Multi-factor authentication for Django REST framework APIs, built as a typed hexagon."""

__version__ = "0.2.0"
