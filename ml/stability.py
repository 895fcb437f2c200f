"""The population stability index: how far one distribution has moved from another.

PSI = sum over bins of (share now - share then) * log(share now / share then), after Siddiqi, Credit Risk Scorecards,
2006: below 0.1 little has changed, above 0.25 much.
"""

from collections.abc import Sequence

import numpy as np

MUCH = 0.25
"""Above it, much has changed: time to train again."""
LEAST_SHARE = 1e-3
"""An empty bin counts as if it held this share."""


def stability_index(then: Sequence[float] | np.ndarray, now: Sequence[float] | np.ndarray) -> float:
    """The PSI of two lists of shares of the same bins."""
    before, after = (np.maximum(shares, LEAST_SHARE) for shares in (then, now))
    return float(((after - before) * np.log(after / before)).sum())
