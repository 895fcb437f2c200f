"""Child processes that start at once: forks of one process that has imported what they need."""

import multiprocessing

children = multiprocessing.get_context("forkserver")

_modules: list[str] = []


def forks_import(module: str) -> None:
    """Have a module imported before the first fork; one that starts children says so of itself."""
    _modules.append(module)
    children.set_forkserver_preload(_modules)
