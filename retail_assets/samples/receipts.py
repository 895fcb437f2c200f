"""Sales lines: a store's units per day and product, spread over receipts with times, customers and prices."""

import numpy as np
import polars as pl

from retail_assets.samples.catalogue import Catalogue
from retail_assets.samples.demand import discounts
from retail_assets.samples.plan import Period
from retail_assets.samples.stock import StoreHistory

LINES_PER_RECEIPT = 2.2


def sales_lines(catalogue: Catalogue, history: StoreHistory, period: Period) -> pl.DataFrame:
    """One row per line in the order of the tills: day, receipt and position, what, how many, when, for whom.

    `day`, `product` and `customer` are numbers; `price_cents` is the gross list price of one unit and
    `discount_cents` the gross discount of the line, negative on a return.
    """
    store, rng = history.store, catalogue.plan.rng("receipts", history.store, period.start)
    web = store == catalogue.web
    day, product, quantity = _lines(history, period)
    receipt = _draw_receipts(day, quantity, rng)
    # Receipts get their number in the order of their times, day by day.
    drawn, line_receipt = np.unique(day.astype(np.int64) * 1_000_000 + receipt, return_inverse=True)
    receipt_day = drawn // 1_000_000
    opens, hours = (6, 17.9) if web else (9, 11)
    second = (3600 * (opens + hours * rng.beta(2.0, 1.6, len(drawn)))).astype(np.int64)
    by_time = np.lexsort((second, receipt_day))
    number = np.empty(len(drawn), np.int64)
    number[by_time] = _rank_within(receipt_day[by_time])
    known = np.ones(len(drawn), bool) if web else rng.random(len(drawn)) < 0.3
    customer = np.where(known, rng.integers(catalogue.plan.size.customers, size=len(drawn)), -1)

    price = catalogue.prices_on(day, product)
    percent = discounts(catalogue, store)[day, product]
    frame = pl.DataFrame(
        {
            "day": day,
            "receipt": number[line_receipt] + 1,
            "product": product,
            "quantity": quantity,
            "second": second[line_receipt],
            "customer": customer[line_receipt],
            "price_cents": price,
            "discount_cents": np.round(price * quantity * percent / 100).astype(np.int64),
            "promotion": percent > 0,
        },
    ).sort("day", "receipt", maintain_order=True)
    position = _rank_within((frame["day"] * 1_000_000 + frame["receipt"]).to_numpy()) + 1
    return frame.with_columns(position=pl.Series(position), customer=pl.col("customer").replace(-1, None))


def _lines(history: StoreHistory, period: Period) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Day, product and signed quantity of each line, in random-looking but fixed order."""
    window = slice(period.start, period.end)
    lines, sold, returned = history.lines[window], history.sold[window], history.returned[window]
    day, product = np.nonzero(lines)
    count, units = lines[day, product].astype(np.int64), sold[day, product].astype(np.int64)
    repeats = np.repeat(np.arange(len(count)), count)
    place = np.arange(len(repeats)) - np.repeat(np.cumsum(count) - count, count)
    quantity = units[repeats] // count[repeats] + (place < units[repeats] % count[repeats])
    back_day, back_product = np.nonzero(returned)
    return (
        np.concatenate([day[repeats], back_day]) + period.start,
        np.concatenate([product[repeats], back_product]),
        np.concatenate([quantity, -returned[back_day, back_product].astype(np.int64)]),
    )


def _draw_receipts(day: np.ndarray, quantity: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A receipt per line: sales share receipts of the day at random, each return has one of its own."""
    is_return = quantity < 0
    per_day = np.bincount(day[~is_return], minlength=int(day.max(initial=0)) + 1)
    receipts = np.ceil(per_day / LINES_PER_RECEIPT)
    shared = (rng.random(len(day)) * receipts[day]).astype(np.int64)
    return np.where(is_return, 900_000 + np.arange(len(day)) % 100_000, shared)


def _rank_within(groups: np.ndarray) -> np.ndarray:
    """0, 1, 2, … within runs of equal values of a sorted array."""
    starts = np.flatnonzero(np.diff(groups, prepend=groups[:1] - 1))
    return np.arange(len(groups)) - np.repeat(starts, np.diff(starts, append=len(groups)))
