"""The steps of `reshape`, as data: what makes rows of records that are not rows yet. `reshape.py` carries them out."""

from dataclasses import dataclass, field

from retail_assets.feeds.mapping.keys.where import Where
from retail_assets.feeds.mapping.reshape.selects import RECORD, RECORDS, Select


@dataclass(frozen=True)
class FillDown:
    """A blank cell has the value of the record above; the outer columns come first."""

    columns: tuple[str, ...]
    per: tuple[str, ...] = ()
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Sum:
    """Records that agree in the columns `per` become one row."""

    per: tuple[str, ...]
    columns: tuple[str, ...]
    first: tuple[str, ...] = ()
    """Columns that may differ; the first value is taken."""
    repeats: str | None = None
    """What becomes of records that repeat a run of earlier ones: `keep`, `drop`, or else they are refused."""
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Unpivot:
    """Every cell of some columns becomes a row."""

    name: str
    value: str
    columns: tuple[str, ...] = ()
    """Patterns of their names; empty: all but `keep`."""
    keep: tuple[str, ...] = ()
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Pivot:
    """Records that say a name and a value become columns of one row."""

    per: tuple[str, ...]
    name: tuple[str, ...]
    value: str
    adds_up: bool = False
    """Whether several values of one name are added; otherwise they are refused."""
    repeats: str | None = None
    """As in `Sum`, where values are added."""
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Sql:
    """A select over the relation `records`."""

    select: Select
    where: Where = field(default=Where(), compare=False)


Step = FillDown | Sum | Unpivot | Pivot | Sql


def names_of(step: Step) -> list[str]:
    """The columns that a step speaks of."""
    match step:
        case FillDown(columns, per):
            return [*per, *columns]
        case Sum(per, columns, first):
            return [*per, *columns, *first]
        case Unpivot():
            return list(step.keep)
        case Pivot(per, name, value):
            return [*per, *name, value]
        case Sql(select):
            return list(select.names)


def made_by(step: Step) -> list[str]:
    """The columns that a step makes."""
    match step:
        case Unpivot(name, value):
            return [name, value]
        case Sql(select):
            used = {name.lower() for name in select.names} - select.made_beside_all
            return [RECORD, RECORDS, *sorted(select.aliases - used)]
    return []
