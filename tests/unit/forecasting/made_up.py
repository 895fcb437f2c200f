"""Panels for tests: small, seasonal, and the same for the same seed."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl

from ml.forecasting.panels.panel import Panel
from ml.forecasting.panels.reading import panel_of

FIRST = date(2024, 1, 1)
WEEKDAYS = np.array([0.8, 0.9, 1.0, 1.0, 1.2, 1.5, 0.6])


def table(series: int = 6, days: int = 140, *, seed: int = 0, promotions: bool = False) -> pl.DataFrame:
    """A long table of Poisson demand with a week, with attributes `store` and `category`."""
    generator = np.random.default_rng(seed)
    tables = []
    for number in range(series):
        promotion = (generator.random(days) < 0.1).astype(int)
        mean = (10 + 15 * number) * WEEKDAYS[np.arange(days) % 7] * (1 + promotion * promotions)
        columns = {
            "series_id": [f"S{number:02d}"] * days,
            "date": [FIRST + timedelta(days=day) for day in range(days)],
            "quantity": generator.poisson(mean).astype(float),
            "store": [f"store {number % 2}"] * days,
            "category": [f"category {number % 3}"] * days,
        }
        if promotions:
            columns["promotion"] = promotion
        tables.append(pl.DataFrame(columns))
    return pl.concat(tables)


def panel(series: int = 6, days: int = 140, *, seed: int = 0, promotions: bool = False) -> Panel:
    return panel_of(table(series, days, seed=seed, promotions=promotions)).panel


def of_rows(rows: Sequence[tuple[str, int, float]]) -> pl.DataFrame:
    """A long table of (series, day, quantity)."""
    return pl.DataFrame(
        {
            "series_id": [row[0] for row in rows],
            "date": [FIRST + timedelta(days=row[1]) for row in rows],
            "quantity": [float(row[2]) for row in rows],
        }
    )
