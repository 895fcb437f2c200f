"""A query as a pipeline of layers: each adds named columns to all those before it.

Layers keep generated SQL small: a value that is needed twice becomes a column first, never a repeated text.
"""

from dataclasses import dataclass, field

from retail_assets.feeds.mapping.conversion import Steps


@dataclass
class Layers:
    """A pipeline while it is built. Columns of one phase are computed side by side, in as many layers as the
    longest of them has steps; they are at hand from the next phase on."""

    first: str
    layers: list[dict[str, str]] = field(default_factory=list)
    phase: list[dict[str, str]] = field(default_factory=list)

    def add(self, steps: Steps) -> None:
        for depth, columns in enumerate(steps):
            if depth == len(self.phase):
                self.phase.append({})
            self.phase[depth] |= columns

    def end_phase(self) -> None:
        self.layers += [layer for layer in self.phase if layer]
        self.phase = []

    @property
    def sql(self) -> str:
        """The query over everything whose phase has ended."""
        query = f"with l0 as ({self.first})"
        for number, layer in enumerate(self.layers, start=1):
            columns = ", ".join(f"{sql} as {name}" for name, sql in layer.items())
            query += f",\nl{number} as (select *, {columns} from l{number - 1})"
        return f"{query}\nselect * from l{len(self.layers)}"
