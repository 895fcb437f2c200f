"""fracast, a small pretrained forecaster (85 thousand parameters): an optional member, of the extra `pretrained`.

Its training data are not known to leave out public benchmarks, so its figures on those prove little.
"""

import numpy as np

from ml.errors import ExplainedError
from ml.forecasting.history import History
from ml.forecasting.members.base import Setting
from ml.forecasting.members.filled import without_gaps

CONTEXT = 512
PART = 256


class PretrainedMissing(ExplainedError):
    """The extra is not installed."""


def fracast(history: History, setting: Setting) -> np.ndarray:
    try:
        from fracast import FracastModel
    except ImportError as error:
        raise PretrainedMissing(
            "fracast is not installed; install the extra: pip install '.[pretrained]'"
        ) from error
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        model = FracastModel.from_pretrained()
        demand = without_gaps(history.demand[:, -CONTEXT:])
        parts = range(0, len(demand), PART)
        found = [
            model.forecast_batch(demand[n : n + PART].astype(np.float32), horizon=history.horizon)
            for n in parts
        ]
    finally:
        torch.set_num_threads(threads)
    quantiles = np.concatenate(found).astype(float)
    return quantiles[:, :, quantiles.shape[2] // 2]
