"""The guest contract, as componentize-py makes it of wit/ when a component is built.

Workflow modules can be imported without it: by editors, type checkers and tests of pure functions.
"""

try:
    from componentize_py_types import Err, Ok
    from wit_world.exports import guest
    from wit_world.imports import activities, children, run, runs, telemetry, timers, types, updates
except ModuleNotFoundError as error:
    if error.name not in ("componentize_py_types", "wit_world"):
        raise

    class _Absent:
        """Stands for the contract outside of a component."""

        def __getattr__(self, name):
            raise RuntimeError("this works only inside a workflow, in a component made by `dalsegno build`")

    Err = Ok = guest = _Absent()
    activities = children = run = runs = telemetry = timers = types = updates = _Absent()

__all__ = [
    "Err",
    "Ok",
    "activities",
    "children",
    "guest",
    "run",
    "runs",
    "telemetry",
    "timers",
    "types",
    "updates",
]
