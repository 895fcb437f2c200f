"""Walks through a JSON document of any size without loading it, and finds the list of records in it."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.encoding import TextFile
from retail_assets.feeds.readers.lines import marked

MAX_DEPTH = 100
"""Deeper nesting is an attack or a mistake, and would exhaust the stack of whoever unfolds it."""
MAX_VALUE_CHARACTERS = 64 * 2**20

EVERY = "*"
"""In a path: every member of an object. Its name becomes the field `key` of the record."""

_DECODER = json.JSONDecoder()
_OF_MANY = re.compile(r"(?i).*[^isu]s|data|items|rows|list")
"""Names that say that there are several of something."""
_MOST_EMPTY = 1_000
_NO_RECORDS = ("errors", "warnings", "messages", "links", "tags", "notes", "comments")
"""What stands beside records, mostly empty, and is none of them."""


@dataclass
class OtherLists:
    """What else than the records of a document may be its records, by dotted path."""

    counts: Counter[str] = field(default_factory=Counter)
    """Lists of objects, and how many are in each."""
    empty: list[str] = field(default_factory=list)
    """Lists of nothing: of what, nobody can tell."""

    def add_empty(self, path: tuple[str, ...]) -> None:
        if path and path[-1].lower() not in _NO_RECORDS and len(self.empty) < _MOST_EMPTY:
            self.empty.append(".".join(path))


class Cursor:
    """A place in a JSON text; the text before it is forgotten."""

    def __init__(self, text: TextFile) -> None:
        self._blocks = text.blocks()
        self._text = ""
        self._at = 0
        self._lines = 1
        self.damaged = False
        """Whether something up to here, and a little beyond, was no text of the file's encoding."""

    def peek(self) -> str:
        """The next character that is no white space; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in " \t\r\n":
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill():
                return ""

    def take(self, expected: str) -> str:
        """Move over one of the expected characters."""
        found = self.peek()
        if not found or found not in expected:
            raise self.broken(f"{' or '.join(expected)} was expected, {found or 'the end'} was found")
        self._at += 1
        return found

    def value(self) -> str:
        """Move over the next value, whatever it is; its text as it stands."""
        self.peek()
        while True:
            try:
                _, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not self._fill():
                    raise self.broken(error.msg) from None
            except RecursionError:
                raise too_deep() from None
            else:
                # A number at the end of what is loaded may go on.
                if end < len(self._text) or not self._fill():
                    value, self._at = self._text[self._at : end], end
                    return value

    def key(self) -> str:
        """Move over the name of a member and its colon."""
        if self.peek() != '"':
            raise self.broken(f"a name was expected, {self.peek() or 'the end'} was found")
        name = json.loads(self.value())
        self.take(":")
        return name

    def members(self) -> Iterator[str]:
        """The names in an object; the caller moves over each value."""
        self.take("{")
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            yield self.key()
            if self.take(",}") == "}":
                return

    def elements(self) -> Iterator[None]:
        """The elements of a list; the caller moves over each."""
        self.take("[")
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            yield
            if self.take(",]") == "]":
                return

    def broken(self, what: str) -> Unreadable:
        line = self._lines + self._text.count("\n", 0, self._at)
        return Unreadable(
            "broken_json",
            f"A whole JSON document was expected, but in line {line:,} {what}; the file may have been cut "
            "off: send it again, or as one object a line (.ndjson), where one bad line spoils only itself.",
        )

    def _fill(self) -> bool:
        if len(self._text) - self._at > MAX_VALUE_CHARACTERS:
            raise Unreadable(
                "too_large",
                f"A JSON document of records was expected, but one of its values has more than "
                f"{MAX_VALUE_CHARACTERS:,} characters; name the list of records in the mapping (records: PATH), "
                "or send one object a line (.ndjson).",
            )
        block = next(self._blocks, None)
        if block is None:
            return False
        self._lines += self._text.count("\n", 0, self._at)
        self._text = self._text[self._at :] + block.data.decode()
        self.damaged |= block.damaged
        self._at = 0
        return True


def too_deep() -> Unreadable:
    return Unreadable(
        "too_deep",
        f"JSON nested at most {MAX_DEPTH} levels deep was expected, but this goes deeper; "
        "send the records flat, or with their lines in one list.",
    )


def find_records(cursor: Cursor, path: tuple[str, ...] = ()) -> tuple[str, ...] | None:
    """The path of the first list of objects, looking through objects in the order of the document."""
    if len(path) > MAX_DEPTH:
        raise too_deep()
    found = cursor.peek()
    if found == "[":
        for _ in cursor.elements():
            if cursor.peek() == "{":
                return path
            cursor.value()
        return None
    if found != "{":
        cursor.value()
        return None
    for name in cursor.members():
        inner = find_records(cursor, (*path, name))
        if inner is not None:
            return inner
    return None


def find_others(cursor: Cursor, path: tuple[str, ...], others: OtherLists) -> None:
    """Move over a value, and find the lists in it."""
    if len(path) > MAX_DEPTH:
        raise too_deep()
    match cursor.peek():
        case "{":
            for name in cursor.members():
                find_others(cursor, (*path, name), others)
        case "[":
            is_empty = True
            for _ in cursor.elements():
                is_empty = False
                others.counts[".".join(path)] += cursor.peek() == "{"
                cursor.value()
            if is_empty:
                others.add_empty(path)
        case _:
            if cursor.value() == "null" and path and _OF_MANY.fullmatch(path[-1]):
                others.add_empty(path)


def records_at(cursor: Cursor, path: tuple[str, ...], others: OtherLists) -> Iterator[str]:
    """The text of each record at a path, and then the rest of the document, which must be whole too; other lists are
    found for `others`."""
    found = False
    list_on_the_way: int | None = None

    def record(keys: tuple[str, ...]) -> str:
        text = _keyed(cursor.value(), keys)
        return marked(text) if cursor.damaged else text

    def walk(depth: int, keys: tuple[str, ...]) -> Iterator[str]:
        nonlocal found, list_on_the_way
        if depth < len(path):
            if cursor.peek() != "{":
                list_on_the_way = depth if cursor.peek() == "[" else list_on_the_way
                find_others(cursor, path[:depth], others)
                return
            for name in cursor.members():
                if path[depth] == EVERY:
                    yield from walk(depth + 1, (*keys, name))
                elif name == path[depth]:
                    yield from walk(depth + 1, keys)
                else:
                    find_others(cursor, (*path[:depth], name), others)
        elif cursor.peek() == "[":
            found = True
            for _ in cursor.elements():
                yield record(keys)
        else:
            found = True
            yield record(keys)

    yield from walk(0, ())
    if cursor.peek():
        raise cursor.broken(f"{cursor.peek()} follows the document's end")
    if not found:
        raise _no_records(path, list_on_the_way)


def _no_records(path: tuple[str, ...], list_at: int | None) -> Unreadable:
    said = f"The mapping says that the records lie at {'.'.join(path)}, but"
    if list_at is None:
        return Unreadable("no_records", f"{said} the document has no such place; correct records.")
    outer, inner = ".".join(path[:list_at]) or "$", ".".join(path[list_at:])
    what = f"{outer} is" if list_at else "the document itself is"
    return Unreadable(
        "no_records",
        f"{said} {what} a list. Take its elements as the records"
        + (f", `file: {{records: {outer}}}`, and" if list_at else ": leave `records` out, and")
        + f" write `unfold: {inner}` in the target.",
    )


def _keyed(text: str, keys: tuple[str, ...]) -> str:
    """A record with the names under which it stood; a bare value becomes its field `value`."""
    if not keys:
        return text
    own = dict(zip(["key", *(f"key_{n}" for n in range(2, len(keys) + 1))], keys, strict=True))
    if not text.startswith("{"):
        return f'{json.dumps(own)[:-1]}, "value": {text}}}'
    rest = text[1:].lstrip()
    taken = json.loads(text) if any(f'"{name}"' in text for name in own) else {}
    names = {name if name not in taken else f"{name}_of_object": key for name, key in own.items()}
    return (
        json.dumps(names)[:-1]
        + ("}" if rest.startswith("}") else ", ")
        + ("" if rest.startswith("}") else rest)
    )
