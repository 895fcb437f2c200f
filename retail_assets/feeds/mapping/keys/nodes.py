"""YAML with line numbers. Every scalar stays the text that was written: `no` is no boolean, `007` no number."""

import re
from dataclasses import dataclass

import yaml
from yaml.reader import ReaderError

from retail_assets.errors import MappingError
from retail_assets.feeds.mapping.keys.where import Where
from retail_assets.feeds.mapping.spelled_names import closest

MAX_BYTES = 2**16
MAX_NODES = 10_000
"""Keys and values, with each alias written out; their texts together are held to MAX_BYTES too."""
MAX_DEPTH = 20


@dataclass(frozen=True)
class Node:
    """One value of a YAML file and where it stands."""

    where: Where
    value: "str | list[Node] | dict[str, Node]"

    def error(self, message: str) -> MappingError:
        return self.where.error(message)

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.error(f"write one value here, not a {self._shape}")
        return self.value

    def filled_text(self) -> str:
        if not self.text().strip():
            raise self.error("a value is missing")
        return self.text()

    def items(self) -> "list[Node]":
        """The elements of a list; one value is a list of one."""
        if isinstance(self.value, dict):
            raise self.error("write a list here: lines that begin with `- `")
        return [self] if isinstance(self.value, str) else self.value

    def texts(self) -> tuple[str, ...]:
        return tuple(item.text() for item in self.items())

    def choice(self, allowed: tuple[str, ...]) -> str:
        text = self.text()
        if text not in allowed:
            raise self.error(
                f"`{text}` is not possible here{meant(text, list(allowed))}; choose {_or(allowed)}"
            )
        return text

    def flag(self) -> bool:
        return self.choice(("true", "false")) == "true"

    def whole_number(self) -> int:
        if not (self.text().isascii() and self.text().isdigit() and len(self.text()) < 10):
            raise self.error(f"`{self.text()[:20]}` is not a whole number below a billion")
        return int(self.text())

    def share(self) -> float:
        """A number from 0 to 1."""
        text = self.text()
        if not re.fullmatch(r"0|1|0?\.\d{1,6}|1\.0+", text):
            raise self.error(f"a share from 0 to 1 was expected, like 0.5; this is `{text}`")
        return float(text)

    def entries(self) -> "dict[str, Node]":
        """The keys and values of a block whose keys are free."""
        if not isinstance(self.value, dict):
            raise self.error("write `key: value` lines here")
        return self.value

    def fields(self, allowed: tuple[str, ...], required: tuple[str, ...] = ()) -> "dict[str, Node]":
        """The keys and values of a block whose keys are known."""
        entries = self.entries()
        for key, node in entries.items():
            if key not in allowed:
                raise node.error(
                    f"unknown key `{key}`{meant(key, list(allowed))}; possible here: {', '.join(allowed)}"
                )
        for key in required:
            if key not in entries:
                raise self.error(f"the key `{key}` is missing")
        return entries

    @property
    def _shape(self) -> str:
        return "list" if isinstance(self.value, list) else "block of keys"


def parse_yaml(name: str, content: bytes) -> Node:
    """The root of a YAML file; raises MappingError with the line where it is not YAML, or far more than a mapping."""
    if len(content) > MAX_BYTES:
        raise MappingError(f"{name}: a mapping has at most {MAX_BYTES:,} bytes, and this file has more")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MappingError(f"{name}: not UTF-8 text ({error.reason} at byte {error.start})") from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise MappingError(
            f"{name}:{line}: not YAML: U+{error.character:04X} is no character of a text"
        ) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise MappingError(f"{name}:{line}: not YAML: {error.problem}{_yaml_hint(error)}") from error
    # The last two are said of numbers beyond any size.
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        raise MappingError(f"{name}: not YAML: {error}") from error
    if root is None:
        raise MappingError(f"{name}: the file is empty; it has to begin with `source: NAME`")
    return _Nodes(name).node(root, "", ())


def _yaml_hint(error: yaml.MarkedYAMLError) -> str:
    if "expected ',' or" in (error.problem or ""):
        return "; inside {…} and […], put SQL and texts with , : { } [ ] between double quotes"
    if "character '\\t'" in (error.problem or ""):
        return "; indent with spaces, not with tabs"
    if "found character" in (error.problem or "") or "mapping values" in (error.problem or ""):
        return "; put texts with : # % @ or quotes in them between double quotes"
    return ""


class _Nodes:
    """Makes the nodes of one file, and counts: a few lines of aliases of aliases stand for millions of values."""

    def __init__(self, file: str) -> None:
        self.file, self.nodes, self.characters = file, 0, 0

    def node(self, node: yaml.Node, path: str, above: tuple[int, ...]) -> Node:
        where = Where(self.file, node.start_mark.line + 1, path)
        if id(node) in above:
            raise where.error("an alias that contains itself")
        if len(above) == MAX_DEPTH:
            raise where.error(f"nothing in a mapping lies deeper than {MAX_DEPTH} blocks within blocks")
        above = (*above, id(node))
        if isinstance(node, yaml.ScalarNode):
            return Node(where, self._text(node, where))
        self._count(where)
        if isinstance(node, yaml.SequenceNode):
            items = enumerate(node.value, start=1)
            return Node(where, [self.node(item, f"{path}[{n}]", above) for n, item in items])
        entries: dict[str, Node] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise Where(self.file, key_node.start_mark.line + 1, path).error("a key has to be one text")
            key = self._text(key_node, where)
            inner = f"{path}.{key}" if path else key
            here = Where(self.file, key_node.start_mark.line + 1, inner)
            if key in entries:
                raise here.error(f"`{key}` stands here twice")
            entries[key] = Node(here, self.node(value_node, inner, above).value)
        return Node(where, entries)

    def _text(self, node: yaml.ScalarNode, where: Where) -> str:
        """The text of a scalar; YAML's escapes could write half a character, which no file and no database takes."""
        self._count(where, len(node.value))
        if any("\ud800" <= character <= "\udfff" for character in node.value):
            raise where.error("an escape like \\ud83d is half a character; write the character itself")
        return node.value

    def _count(self, where: Where, characters: int = 0) -> None:
        self.nodes += 1
        self.characters += characters
        if self.nodes > MAX_NODES or self.characters > MAX_BYTES:
            raise where.error(
                f"a mapping has at most {MAX_NODES:,} keys and values, and {MAX_BYTES:,} characters in them; this "
                "one has more, with its aliases (`*name`) written out"
            )


def meant(text: str, known: list[str]) -> str:
    near = closest(text, known)
    return f" (did you mean `{near}`?)" if near else ""


def _or(words: tuple[str, ...]) -> str:
    return " or ".join(f"`{word}`" for word in words)
