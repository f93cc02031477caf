"""Durable workflows in Python, for the Dalsegno host.

Start with `from dalsegno import workflow`.
"""

__version__ = "0.1.0"
