"""What a feed's contract is, and the vocabulary that contracts are written in.

One declaration makes the Parquet schema, the admission's SQL, the blocking asset check, the table schema in the
UI, the dbt source and the data dictionary; nothing else restates a column.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

import dataframely as dy
import polars as pl

from ml.errors import ExplainedError
from retail_assets.currencies import CURRENCIES

MONEY = (18, 6)
"""Precision and scale of prices; amounts are rounded to the currency's minor unit in the marts."""

QUANTITY = (18, 3)

MOMENTS = (datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
"""From when to when something may have happened. A clock without a battery says 1970 or 1980, and an empty cell of a
spreadsheet 1899; none of them is a day of this business."""


class ContractError(ExplainedError):
    """A contract that is wrong; the text names it and its rule."""


@dataclass(frozen=True)
class Feed:
    """A feed: its contract and what the platform has to know about its rows beyond their types."""

    name: str
    contract: type[dy.Schema]
    description: str
    business_time: str | None = None
    """The column that says when a row happened (an instant or a date); None for master data."""
    amount: str | None = None
    """What a row is worth in its currency, before rounding: DuckDB SQL over its columns. None: nothing."""
    personal: frozenset[str] = frozenset()
    """Columns with personal data. If there are any, rejected values of the feed are masked."""
    descriptive: frozenset[str] = frozenset()
    """Optional columns that only describe. A bad value of theirs becomes null and is flagged; of any other optional
    column (an amount, a quantity, a reference, a state) it rejects its row, since null would say something else."""
    parents: dict[str, str] = field(default_factory=dict, hash=False)
    """Column -> feed whose key it names. An unknown parent is inferred in staging, never rejected."""
    defaults_to_admission_day: frozenset[str] = frozenset()
    """Nullable key columns which staging fills with the day of admission."""
    admission_dated: bool = False
    """Whether the same file on another day is news: its rows speak of the day that took them."""
    unique_within: str = "the whole retailer, whichever source sends it"
    """Within what its key tells rows apart, in words."""
    own_ids: frozenset[str] = frozenset()
    """Columns with ids that a source counts for itself: two sources may have the same (see `own_ids` of mappings)."""
    is_log: bool = False
    """Whether every row is an entry of its own: of those in one file that share a key none replaces another."""
    parts: tuple[str, ...] = ()
    """Columns (`_extra`: those that no contract column takes) in which rows of one file that share a key may not
    differ: they would be parts of one whole, or several things under one name, and the last of them is not all."""
    subject: tuple[str, ...] = ()
    """Columns that say what a row is about: one with the same key that differs in them is no correction of it."""
    signed: str = ""
    """Column whose sign says so too: a return is no correction of a sale."""
    folder: str = ""
    """Its inbox folder as the ledger names it; by default the feed's name."""
    inbox: str = ""
    """Where that folder lies within `data/inbox`; by default among the feeds."""

    def __post_init__(self) -> None:
        folder = self.folder or self.name
        object.__setattr__(self, "folder", folder)
        object.__setattr__(self, "inbox", self.inbox or f"feeds/{folder}")
        for name in self.descriptive:
            if not self.may_be_flagged(name):
                raise ContractError(
                    f"The feed {self.name} calls `{name}` descriptive; only a column that may be null, and is neither "
                    "part of the key nor the business time, can be. Mend it in the contracts.py of its flow."
                )

    def may_be_flagged(self, name: str) -> bool:
        """Whether a row can do without the value of a column."""
        column = self.columns.get(name)
        return column is not None and column.nullable and name not in (*self.key, self.business_time)

    @property
    def columns(self) -> dict[str, dy.Column]:
        return self.contract.columns()

    @property
    def key(self) -> list[str]:
        """The business key; a default that the admission day fills counts as part of it."""
        return [n for n, c in self.columns.items() if c.primary_key or n in self.defaults_to_admission_day]

    def business_date(self, zone: str, *, row: str = "") -> str | None:
        """SQL for the local day of a `row` in a zone, which is the day itself where no more is known; None of master
        data."""
        if self.business_time is None:
            return None
        happened = f'{row}"{self.business_time}"'
        is_instant = isinstance(self.columns[self.business_time], dy.Datetime)
        return f"cast(timezone('{zone}', {happened}) as date)" if is_instant else happened

    @property
    def key_in_words(self) -> str:
        return f"{', '.join(self.key)}; unique within {self.unique_within}"

    @property
    def distinct(self) -> list[str]:
        """What no two rows of one file have in common: the key, or in a log the whole row."""
        return list(self.columns) if self.is_log else self.key

    @property
    def required(self) -> list[str]:
        return [n for n, c in self.columns.items() if not c.nullable]

    @property
    def rules(self) -> dict[str, "RowRule"]:
        """Row rules by name."""
        return {n: r.row_rule for n, r in vars(self.contract).items() if hasattr(r, "row_rule")}


Feeds = tuple[Feed, ...]
"""The feeds of a platform."""


@dataclass(frozen=True)
class RowRule:
    """A rule over one row: a DuckDB SQL condition that is false where it is broken, and the column to blame, if it is
    about one only."""

    sql: str
    about: str | None = None


def row_rule(sql: str, polars: Callable[[], pl.Expr] | None = None, *, about: str | None = None):
    """A rule over one row, written once in SQL and run by DuckDB (admission) and polars (the asset check).

    `polars` replaces the expression where polars' SQL cannot say it. Null passes. `about` is the one column that the
    rule is about: what is said of a value of that column holds for it too.
    """

    def expression(contract: type[dy.Schema]) -> pl.Expr:
        try:
            return polars() if polars else pl.sql_expr(sql)
        except Exception as error:  # code of whoever wrote the contract
            rule = next(name for name, value in vars(contract).items() if value is factory)
            raise broken_rule(contract.__name__, rule, error) from error

    factory = dy.rule()(expression)
    factory.row_rule = RowRule(sql, about)  # ty: ignore[missing-attribute]
    return factory


def broken_rule(contract: str, rule: str, error: Exception) -> ContractError:
    said = " ".join(str(error).split())[:300]
    return ContractError(
        f"The rule {rule} of the contract {contract} cannot be evaluated ({type(error).__name__}: {said}); mend it in "
        "the contracts.py of its flow."
    )


def text(description: str, **options) -> dy.String:
    """Non-empty text of at most 4,000 characters."""
    return dy.String(
        min_length=1, max_length=options.pop("max_length", 4_000), description=description, **options
    )


def identifier(description: str, **options) -> dy.String:
    """A short code: an id, a status, a currency."""
    return text(description, max_length=200, **options)


def currency(**options) -> dy.String:
    """A code that ISO 4217 has: three letters that name no money make amounts that add up with nothing."""
    codes = "|".join(CURRENCIES)
    return dy.String(regex=f"^({codes})$", description="Currency, ISO 4217 alphabetic code.", **options)


def money(description: str, **options) -> dy.Decimal:
    return dy.Decimal(*MONEY, description=description, **options)


def quantity(description: str, **options) -> dy.Decimal:
    return dy.Decimal(*QUANTITY, description=description, **options)


def rate(description: str, **options) -> dy.Decimal:
    return dy.Decimal(9, 6, min=Decimal(0), max=Decimal(1), description=description, **options)


def instant(description: str, **options) -> dy.Datetime:
    """A moment of the business, stored in UTC with microseconds, within MOMENTS.

    dataframely is told the years: bounds of its own start polars' threads wherever a contract is imported.
    """
    first, last = (moment.year for moment in MOMENTS)
    within = {"minimum": lambda day: day.dt.year() >= first, "maximum": lambda day: day.dt.year() < last}
    return dy.Datetime(time_zone="UTC", time_unit="us", description=description, check=within, **options)


def one_of(values: list[str], description: str, **options) -> dy.Enum:
    return dy.Enum(values, description=description, **options)
