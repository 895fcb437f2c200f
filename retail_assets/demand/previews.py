"""Pictures of what a night foretold, for the UI."""

from typing import TYPE_CHECKING

from retail_assets.demand.forecasting import NightForecast

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 4
"""Series of a picture."""


def figures(found: NightForecast) -> "dict[str, Figure]":
    """The fans of the most valuable series; none where nothing was foretold."""
    if found.demand is None or found.made is None:
        return {}
    from ml.forecasting.plots import fan_figure

    most = found.demand.pairs.sort("value", "series_id", descending=[True, False]).head(SHOWN)
    return {
        "fans_of_the_most_valuable": fan_figure(
            found.demand.panel, found.made.table, most["series_id"].to_list()
        )
    }
