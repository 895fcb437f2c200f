"""Pictures of forecasts. Figures belong to no window."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ml.forecasting.calibrations.ensemble import ENSEMBLE
from ml.forecasting.panels.panel import Panel
from ml.forecasting.series.segments import ALL

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN_DAYS = 91
MOST_SHOWN = 6
NAIVE_LINES = {"weekday_mean": "dashed", "seasonal_naive": "dotted"}
COLORS = ("tab:orange", "tab:green", "tab:red", "tab:purple", "tab:brown", "tab:olive")
"""One for each of the best models beside the ensemble."""


def fan_figure(panel: Panel, table: pl.DataFrame, series: Sequence[str]) -> "Figure":
    """The last weeks of some series, what is foretold, and its intervals, the wider the paler."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 2.2 * max(len(series), 1)), layout="constrained")
    rows = {str(name): row for row, name in enumerate(panel.series)}
    first = max(panel.days - SHOWN_DAYS, 0)
    ensemble = table.filter(pl.col("model") == ENSEMBLE)
    lows = [name for name in table.columns if name.startswith("lo_")]
    for axes, name in zip(figure.subplots(max(len(series), 1), 1, squeeze=False)[:, 0], series, strict=False):
        ahead = ensemble.filter(pl.col("series_id") == name).sort("date")
        axes.plot(
            panel.dates(first, panel.days),
            panel.demand[rows[name], first:],
            color="black",
            linewidth=0.9,
            label="sold",
        )
        for wider, low in enumerate(lows):
            axes.fill_between(
                ahead["date"],
                ahead[low],
                ahead[low.replace("lo_", "hi_")],
                color="tab:blue",
                alpha=max(0.35 - 0.15 * wider, 0.1),
                label=f"holds {low.removeprefix('lo_')}%",
            )
        axes.plot(ahead["date"], ahead["mean"], color="tab:blue", linewidth=1.2, label="foretold (median)")
        axes.set_title(name, fontsize=9, loc="left", parse_math=False)
        axes.set_ylim(bottom=0)
        axes.margins(x=0)
        axes.set_ylabel("units a day", fontsize=8)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=len(labels), fontsize=8)
    return figure


def largest(panel: Panel, count: int = MOST_SHOWN) -> list[str]:
    """The series that sold most in the last year."""
    sold = np.nansum(panel.demand[:, -365:], axis=1)
    return [str(name) for name in panel.series[np.argsort(-sold, kind="stable")[:count]]]


def accuracy_figure(table: pl.DataFrame) -> "Figure":
    """WAPE by the distance from the origin: of the ensemble, the naive baselines and the best of the other models."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.add_subplot()
    whole = table.filter(
        (pl.col("origin") == "all") & (pl.col("segment") == ALL) & pl.col("wape").is_not_null()
    )
    horizon = whole["last_day"].max()
    spans = whole.filter((pl.col("first_day") > 1) | (pl.col("last_day") != horizon))
    spans = spans if len(spans) else whole
    ordered = spans.with_columns(worst=pl.col("wape").max().over("model")).sort("worst", "model", "first_day")
    best = ordered["model"].unique(maintain_order=True).to_list()
    others = [name for name in best if name not in (ENSEMBLE, *NAIVE_LINES)]
    styles: dict[str, dict[str, Any]] = {ENSEMBLE: {"color": "tab:blue", "linewidth": 2.5}}
    styles |= {
        name: {"color": "black", "linestyle": line, "linewidth": 1} for name, line in NAIVE_LINES.items()
    }
    styles |= {name: {"color": color, "linewidth": 1} for name, color in zip(others, COLORS, strict=False)}
    for (model,), rows in ordered.group_by(["model"], maintain_order=True):
        if model in styles:
            places = [f"{row['first_day']}-{row['last_day']}" for row in rows.iter_rows(named=True)]
            axes.plot(places, rows["wape"], marker="o", label=model, **styles[model])
    axes.set_xlabel("days ahead")
    axes.set_ylabel("WAPE")
    hidden = len(others) - len(COLORS)
    title = f"{hidden} worse models are not shown" if hidden > 0 else None
    figure.legend(loc="outside right upper", fontsize=8, title=title, title_fontsize=7)
    axes.grid(alpha=0.3)
    return figure


def write_fans(panel: Panel, table: pl.DataFrame, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    fan_figure(panel, table, largest(panel)).savefig(folder / "fans.png", metadata={"Software": None})


def write_accuracy(table: pl.DataFrame, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    accuracy_figure(table).savefig(folder / "accuracy_by_horizon.png", metadata={"Software": None})
