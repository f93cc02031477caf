"""Durable workflows: `@workflow.defn` makes a class one, and the functions here are what its code asks for.

Code runs on a deterministic event loop of `asyncio`: tasks, `gather`, `timeout`, `TaskGroup`, `Queue` and
locks work as ever, `asyncio.sleep` is a durable timer, and `datetime.now`, `random` and `uuid` give the same
when a run is replayed.
"""

from typing import Any

from .._internal.arguments import DefinitionError
from .._internal.runtime import ReadOnlyContextError
from .._internal.runtime import current as _current
from .._internal.runtime import try_current as _try_current
from .._internal.unsupported import UnsupportedError
from ..common import HandlerUnfinishedPolicy
from ..converter import PayloadConverter
from . import unsafe
from ._activities import (
    ActivityCancellationType,
    ActivityHandle,
    execute_activity,
    execute_activity_method,
    execute_local_activity,
    execute_local_activity_method,
    start_activity,
    start_activity_method,
    start_local_activity,
    start_local_activity_method,
)
from ._attributes import memo, memo_value, set_current_details, upsert_memo, upsert_search_attributes
from ._children import (
    ChildWorkflowCancellationType,
    ChildWorkflowHandle,
    ModulePolicy,
    ParentClosePolicy,
    execute_child_workflow,
    start_child_workflow,
)
from ._continuing import ContinueAsNewError, continue_as_new
from ._decorators import defn, init, query, run, signal, update
from ._external import ExternalWorkflowHandle, get_external_workflow_handle, get_external_workflow_handle_for
from ._handlers import (
    Signals,
    UpdateInfo,
    all_handlers_finished,
    current_update_info,
    headers,
    set_dynamic_query_handler,
    set_dynamic_signal_handler,
    set_dynamic_update_handler,
    set_query_handler,
    set_signal_handler,
    set_update_handler,
    signals,
)
from ._info import ContinueAsNewReason, Info, ParentInfo, RootInfo, info
from ._telemetry import logger, metric_meter
from ._time import now, random, sleep, time, time_ns, uuid4, wait_condition
from ._versions import deprecate_patch, get_version, patched
from ._waiting import as_completed, wait


def in_workflow() -> bool:
    """True in a running workflow."""
    return _try_current() is not None


def instance() -> Any:
    """The object whose run method this run goes through."""
    return _current().run.instance


def payload_converter() -> PayloadConverter:
    """Reads and makes payloads, for code that takes `RawValue`."""
    return PayloadConverter()


__all__ = [
    "ActivityCancellationType",
    "ActivityHandle",
    "ChildWorkflowCancellationType",
    "ChildWorkflowHandle",
    "ContinueAsNewError",
    "ContinueAsNewReason",
    "DefinitionError",
    "ExternalWorkflowHandle",
    "HandlerUnfinishedPolicy",
    "Info",
    "ModulePolicy",
    "ParentClosePolicy",
    "ParentInfo",
    "PayloadConverter",
    "ReadOnlyContextError",
    "RootInfo",
    "Signals",
    "UnsupportedError",
    "UpdateInfo",
    "all_handlers_finished",
    "as_completed",
    "continue_as_new",
    "current_update_info",
    "defn",
    "deprecate_patch",
    "execute_activity",
    "execute_activity_method",
    "execute_child_workflow",
    "execute_local_activity",
    "execute_local_activity_method",
    "get_external_workflow_handle",
    "get_external_workflow_handle_for",
    "get_version",
    "headers",
    "in_workflow",
    "info",
    "init",
    "instance",
    "logger",
    "memo",
    "memo_value",
    "metric_meter",
    "now",
    "patched",
    "payload_converter",
    "query",
    "random",
    "run",
    "set_current_details",
    "set_dynamic_query_handler",
    "set_dynamic_signal_handler",
    "set_dynamic_update_handler",
    "set_query_handler",
    "set_signal_handler",
    "set_update_handler",
    "signal",
    "signals",
    "sleep",
    "start_activity",
    "start_activity_method",
    "start_child_workflow",
    "start_local_activity",
    "start_local_activity_method",
    "time",
    "time_ns",
    "unsafe",
    "update",
    "upsert_memo",
    "upsert_search_attributes",
    "uuid4",
    "wait",
    "wait_condition",
]
