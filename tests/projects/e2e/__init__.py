"""A project in production, as far as a test can have one: gunicorn serves it, and only HTTP leads to it."""
