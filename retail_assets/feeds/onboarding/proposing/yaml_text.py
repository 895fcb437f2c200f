"""Values as YAML that a mapping's reader understands, and a person likes to read."""

import re
from typing import Any


def flow(value: Any) -> str:
    """On one line; a list of one is that one."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return flow(value[0]) if len(value) == 1 else "[" + ", ".join(flow(inner) for inner in value) + "]"
    return scalar(value)


def scalar(text: str) -> str:
    if re.fullmatch(r"\w([\w ./-]*\w)?", text):
        return text
    if '"' in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'


def expression(text: str, indent: int) -> str:
    """An expression as a block of its own, where its quotes need no quotes."""
    return f">-\n{' ' * indent}{text}" if text.isprintable() else scalar(text)
