"""A query as a pipeline of layers: each adds named columns to all those before it.

Layers keep generated SQL small: a value that is needed twice becomes a column first, never a repeated text.
"""

from dataclasses import dataclass, field, replace

from retail_assets.feeds.mapping.values.conversion import Steps


@dataclass
class Layers:
    """A pipeline while it is built. Columns of one phase are computed side by side, in as many layers as the
    longest of them has steps; they are at hand from the next phase on."""

    first: str
    layers: list[dict[str, str]] = field(default_factory=list)
    replacing: set[int] = field(default_factory=set)
    """The layers, from 0, that give columns another value."""
    phase: list[dict[str, str]] = field(default_factory=list)

    def add(self, steps: Steps) -> None:
        for depth, columns in enumerate(steps):
            if depth == len(self.phase):
                self.phase.append({})
            self.phase[depth] |= columns

    def end_phase(self) -> None:
        self.layers += [layer for layer in self.phase if layer]
        self.phase = []

    def replace(self, columns: dict[str, str]) -> None:
        """Give columns another value, in a phase of its own."""
        if columns:
            self.replacing.add(len(self.layers))
            self.layers.append(columns)

    def over(self, which: str) -> "Layers":
        """The pipeline over those records only that `which` picks."""
        return replace(self, first=f"select * from ({self.first}) where {which}")

    @property
    def sql(self) -> str:
        """The query over everything whose phase has ended."""
        query = f"with l0 as ({self.first})"
        for number, layer in enumerate(self.layers):
            columns = ", ".join(f"{sql} as {name}" for name, sql in layer.items())
            selected = f"* replace ({columns})" if number in self.replacing else f"*, {columns}"
            query += f",\nl{number + 1} as (select {selected} from l{number})"
        return f"{query}\nselect * from l{len(self.layers)}"
