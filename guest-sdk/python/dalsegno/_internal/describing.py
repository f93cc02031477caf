"""The definitions of a module, as the contract has them."""

from __future__ import annotations

from typing import Any

from . import contract
from .definition import Definition, Handler, registry

SDK_NAME = "dalsegno-python"


def module_definition(version: str) -> Any:
    """What the module holds."""
    workflows = [_workflow(definition) for definition in registry.values()]
    return contract.guest.ModuleDefinition(SDK_NAME, version, workflows, [])


def _workflow(definition: Definition) -> Any:
    return contract.guest.WorkflowDefinition(
        definition.name,
        definition.description,
        definition.parameters.schemas(),
        None,
        _handlers(definition.signals),
        _handlers(definition.queries),
        _handlers(definition.updates),
        None in definition.signals,
        None in definition.queries,
        None in definition.updates,
        [],
    )


def _handlers(handlers: dict[str | None, Handler]) -> list[Any]:
    named = (handler for handler in handlers.values() if handler.name is not None)
    return [
        contract.guest.HandlerDefinition(
            handler.name, handler.description, handler.parameters.schemas(), None
        )
        for handler in named
    ]
