"""What workflow code cannot do, and what it does instead."""

from __future__ import annotations

from ..exceptions import DalsegnoError


class UnsupportedError(DalsegnoError):
    """Workflow code tried what it cannot do: its world has no threads, files, sockets or processes."""


ACTIVITY = "do this in an activity, with `workflow.execute_activity`"
HTTP = "call it by `dalsegno.http`, or in an activity, with `workflow.execute_activity`"
TASKS = "use tasks of `asyncio`, or an activity for work that computes for long"
SLEEP = "use `await asyncio.sleep(...)` or `await workflow.sleep(...)`, which are durable timers"
RUNS = "it runs already: `await` the coroutine instead"
SIGNALS = "take a signal of the workflow, with `@workflow.signal`"
ZONES = "use UTC or a fixed `datetime.timezone`, or convert in an activity, with `workflow.execute_activity`"
WAITS = "use `asyncio.Event`, `asyncio.Queue` or `workflow.wait_condition`"
LOGGER = "write to `workflow.logger`, and replay the history with `dalsegno replay`"
CONSOLE = "take a signal or an update of the workflow instead"

_BY_ADVICE = {
    TASKS: "run_in_executor set_default_executor shutdown_default_executor",
    HTTP: "getaddrinfo getnameinfo create_connection create_server create_unix_connection "
    "create_unix_server create_datagram_endpoint connect_accepted_socket start_tls sendfile sock_recv "
    "sock_recv_into sock_recvfrom sock_recvfrom_into sock_sendall sock_sendto sock_connect sock_accept "
    "sock_sendfile",
    ACTIVITY: "connect_read_pipe connect_write_pipe subprocess_exec subprocess_shell add_reader "
    "remove_reader add_writer remove_writer",
    SIGNALS: "add_signal_handler remove_signal_handler",
    RUNS: "run_forever run_until_complete",
    "the host says when a workflow ends; return from its run method": "stop close shutdown_asyncgens",
    "the SDK makes its tasks": "set_task_factory",
    "handle the exception where the task is awaited": "set_exception_handler default_exception_handler",
    "the SDK has none": "set_debug",
}

REFUSED_BY_LOOP = {name: advice for advice, names in _BY_ADVICE.items() for name in names.split()}
