"""Unit tests of the SDK on plain Python: `python -m unittest discover -t . -s tests`, in the folder above."""

from . import bindings

# Before anything imports the SDK.
bindings.install()
