"""Models of what must hold while several requests are under way, and what verifies them: ``make model``.

Needs nothing but Python, Spin and a C compiler.
"""
