"""The sample in the making: what the flows read, and what they tell about it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from retail_assets.samples import stories
from retail_assets.samples.catalogue import Catalogue
from retail_assets.samples.formats import at
from retail_assets.samples.plan import Period, Plan
from retail_assets.samples.receipts import sales_lines
from retail_assets.samples.stock import Books, StoreHistory, Transfer, simulate


@dataclass
class Sample:
    """A plan brought to life. Stores are lived through once, in order; only their books are kept."""

    plan: Plan
    periods: list[Period]
    """The periods whose files are to be written."""
    first_night: bool
    """True for the sample itself, False when a day is added to it."""
    told: list[stories.Story] = field(default_factory=list)
    _books: list[Books] = field(default_factory=list)
    _web: list[StoreHistory] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.catalogue = Catalogue(self.plan)
        self.told += stories.standing(self.catalogue.store_ids, self.catalogue.product_ids)

    def histories(self) -> Iterator[StoreHistory]:
        """Every store's history, one at a time: the matrices of fifty stores would not fit comfortably."""
        books: list[Books] = []
        arriving: list[Transfer] = []
        for store in range(self.plan.size.stores):
            history = simulate(
                self.catalogue, store, arriving=arriving if store == stories.SECOND_STORE else []
            )
            if store == stories.FIRST_STORE:
                arriving = history.books.transfers
            if store == self.catalogue.web:
                self._web = [history]
            books.append(history.books)
            yield history
        self._books = books

    def books(self) -> list[Books]:
        """Per store what moved its stock besides sales."""
        if not self._books:
            for _ in self.histories():
                pass
        return self._books

    def web_lines(self, period: Period) -> pl.DataFrame:
        """The web shop's sales lines of a period."""
        self.books()
        return sales_lines(self.catalogue, self._web[0], period)

    def file_time(self, period: Period, hour: int, minute: int, second: int = 0) -> datetime:
        """When the file of a period is written: in the night after its last day."""
        return at(self.plan.day(period.end), hour, minute, second)

    def stamp(self, period: Period) -> str:
        """A period as it stands in file names: 20260701-20260930, or 20261119."""
        first, last = self.plan.day(period.start), self.plan.day(period.end - 1)
        return f"{last:%Y%m%d}" if period.daily else f"{first:%Y%m%d}-{last:%Y%m%d}"

    def tell(self, name: str, sentence: str, **subject: str) -> None:
        self.told.append(stories.Story(name, sentence, **subject))
