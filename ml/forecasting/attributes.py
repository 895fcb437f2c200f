"""Attributes of series as numbers, the same in every part of a panel."""

import numpy as np

from ml.forecasting.history import History


def attribute_codes(history: History) -> dict[str, np.ndarray]:
    """Number of each attribute's value, by the order of the values."""
    return {
        name: np.unique(values, return_inverse=True)[1]
        for name, values in sorted(history.panel.static.items())
    }
