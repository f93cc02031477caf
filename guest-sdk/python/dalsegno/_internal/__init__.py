"""What drives workflow code.

Start reading at `component.py`, then `run.py`. Nothing here is for workflow code itself.
"""
