"""Prints the first syntax error of a module and of the project's modules that it imports. Runs and writes none of them.

Arguments: the project's folder, the name of the module.
"""

import ast
import sys
import traceback
from pathlib import Path


def file_of(folder: Path, module: str) -> "Path | None":
    path = folder.joinpath(*module.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def imports(tree: ast.Module, package: str) -> "list[str]":
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            # Each dot beyond the first is a package further up.
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *filter(None, [node.module])])
            names += [source, *(f"{source}.{alias.name}" for alias in node.names)]
    return names


def first_error(folder: Path, module: str) -> "str | None":
    known = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        file = None if name in known else file_of(folder, name)
        known.add(name)
        if file is None:
            continue
        try:
            tree = ast.parse(file.read_bytes(), file)
            compile(tree, file, "exec")
        except SyntaxError as error:
            return "".join(traceback.format_exception_only(error))
        package = name if file.name == "__init__.py" else name.rpartition(".")[0]
        waiting += imports(tree, package)
        # A package comes before what is in it.
        waiting += [".".join(name.split(".")[:count]) for count in range(1, name.count(".") + 1)]
    return None


print(first_error(Path(sys.argv[1]), sys.argv[2]) or "", end="")
