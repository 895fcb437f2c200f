"""How good a proposal is: each contract column against what was written down by hand."""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from tests.unit.onboarding.exports import Export


@dataclass
class Measured:
    """What a proposal says of each column that it, or the hand, has something to say about."""

    right: list[str] = field(default_factory=list)
    wrong_but_marked: list[str] = field(default_factory=list)
    wrong_without_a_word: list[str] = field(default_factory=list)

    def __iadd__(self, other: "Measured") -> "Measured":
        self.right += other.right
        self.wrong_but_marked += other.wrong_but_marked
        self.wrong_without_a_word += other.wrong_without_a_word
        return self

    @property
    def judged(self) -> int:
        return len(self.right) + len(self.wrong_but_marked) + len(self.wrong_without_a_word)

    def __str__(self) -> str:
        share = len(self.right) / max(self.judged, 1)
        said = f"{len(self.right)} of {self.judged} columns right ({share:.1%})"
        for name in ("wrong_but_marked", "wrong_without_a_word"):
            listed = "".join(f"\n    {one}" for one in getattr(self, name))
            said += f", {len(getattr(self, name))} {name.replace('_', ' ')}{listed}"
        return said


def measure(export: Export, text: str) -> Measured:
    proposed = {name: _source(cell) for name, cell in _cells(text).items()}
    found = Measured()
    for name in dict.fromkeys([*export.right, *proposed]):
        wanted = export.right.get(name, "").split("|")
        source = proposed.get(name, "")
        marked = is_marked(text, name)
        told = f"{export.name}: {name}: {source or 'nothing'}, right is {export.right.get(name) or 'nothing'}"
        if source in wanted or (marked and f"~{source}" in wanted):
            found.right.append(told)
        elif marked or not source:
            found.wrong_but_marked.append(told)
        else:
            found.wrong_without_a_word.append(told)
    return found


def is_marked(text: str, name: str) -> bool:
    return bool(re.search(rf"^      {name}:.*(CHECK|FILL IN)", text, re.MULTILINE))


def _cells(text: str) -> dict[str, Any]:
    return yaml.load(text, yaml.BaseLoader)["targets"][0]["columns"]


def _source(cell: Any) -> str:
    """As `right` writes it."""
    if isinstance(cell, str):
        return cell
    if "line_number" in cell:
        return "derived"
    if "constant" in cell:
        return f"={cell['constant']}" if cell["constant"] else ""
    return "sql" if "sql" in cell else cell.get("column") or cell["date"]
