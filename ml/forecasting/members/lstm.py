"""One LSTM of all series, in plain torch: it reads the last weeks of a series and answers for each day of the horizon.

The encoder's last state meets what is known of each day ahead (the features of the boosted model, scaled), and a small
network makes of both what the demand is relative to the level of the series. It learns the median, weighed by what a
series sells, and is the mean of some networks that start from different weights.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from ml.forecasting.days import public_holidays
from ml.forecasting.features import FeatureMaker, Rows
from ml.forecasting.history import History
from ml.forecasting.members.base import Setting

LEAST_SEEN = 0.15
"""Share of the examples that must tell a feature."""
FARTHEST = 4.0
"""Scaled features are cut off here."""


@dataclass(frozen=True)
class LstmRecipe:
    """How the network is trained."""

    past: int = 42
    """Days that the encoder reads."""
    hidden: int = 32
    steps: int = 500
    batch: int = 192
    """Pairs of series and origin in a step."""
    rate: float = 4e-3
    pairs: int = 12_000
    """Pairs drawn from the history, the newer the likelier."""
    half_life: float = 365.0
    networks: int = 1
    dropout: float = 0.1


DEFAULT = LstmRecipe()
QUICK = LstmRecipe(steps=30, pairs=400)


class Network(nn.Module):
    """Past `[B, P, C]` and features of the days ahead `[B, H, F]` -> ratios to the level `[B, H]`."""

    def __init__(self, channels: int, features: int, hidden: int, dropout: float):
        super().__init__()
        self.encoder = nn.LSTM(channels, hidden, batch_first=True)
        self.ahead = nn.Linear(features, hidden)
        self.head = nn.Sequential(
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * hidden, 2 * hidden),
            nn.GELU(),
            nn.Linear(2 * hidden, 1),
        )
        self.anchor = nn.Linear(features, 1)

    def forward(self, past: torch.Tensor, ahead: torch.Tensor) -> torch.Tensor:
        state = self.encoder(past)[1][0][-1]
        both = torch.cat([state[:, None, :].expand(-1, ahead.shape[1], -1), self.ahead(ahead)], dim=2)
        return (self.head(both) + self.anchor(ahead))[:, :, 0]


@dataclass(frozen=True)
class Scaling:
    """Mean and deviation of each feature in training."""

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> "Scaling":
        flat = values.reshape(-1, values.shape[-1])
        with np.errstate(invalid="ignore"):
            counts = np.maximum((~np.isnan(flat)).sum(axis=0), 1)
            mean = np.nansum(flat, axis=0) / counts
            deviation = np.sqrt(np.nansum((flat - mean) ** 2, axis=0) / counts)
        # What training hardly saw has weights that nothing has taught: it must stay the zero that it was.
        seen = (counts >= LEAST_SEEN * len(flat)) & (deviation > 1e-4)
        return cls(mean.astype(np.float32), np.where(seen, deviation, np.inf).astype(np.float32))

    def applied(self, values: np.ndarray) -> np.ndarray:
        return np.clip(np.nan_to_num((values - self.mean) / self.deviation, nan=0.0), -FARTHEST, FARTHEST)


class Examples:
    """Inputs of the network of a history at any origin."""

    def __init__(self, history: History, setting: Setting, past: int):
        self.history = history
        self.past = past
        dates = history.panel.dates(0, history.days + history.horizon)
        self.maker = FeatureMaker(history, holidays=frozenset(public_holidays(setting.country, dates)))
        self._weekday = np.eye(7, dtype=np.float32)
        self._column = self.maker.names.index("weekday")
        self._year = self.maker.names.index("year_near")

    def at(self, origin: int, series: slice = slice(None)) -> tuple[np.ndarray, np.ndarray, Rows]:
        """Past `[S, P, C]`, features ahead `[S, H, F]` and the rows they come from."""
        rows = self.maker.rows(origin, series)
        values = rows.values
        days = self._weekday[values[:, :, self._column].astype(int)]
        missing = np.isnan(values[:, :, self._year]).astype(np.float32)[:, :, None]
        return self._past(origin, series, rows.level), np.concatenate([values, days, missing], axis=2), rows

    def _past(self, origin: int, series: slice, level: np.ndarray) -> np.ndarray:
        first = origin - self.past
        window = self.history.demand[series, max(first, 0) : origin]
        if first < 0:
            window = np.pad(window, ((0, 0), (-first, 0)), constant_values=np.nan)
        known = ~np.isnan(window)
        ratio = np.minimum(np.where(known, window, 0.0) / level[:, None], FARTHEST)
        columns = [ratio, known]
        regressors = self.history.panel.regressors[series, max(first, 0) : origin]
        if first < 0:
            regressors = np.pad(regressors, ((0, 0), (-first, 0), (0, 0)))
        deviation = (
            np.nanstd(self.history.panel.regressors, axis=(0, 1)) if regressors.shape[2] else np.ones(0)
        )
        columns += [
            np.nan_to_num(regressors[:, :, k]) / max(deviation[k], 1e-6) for k in range(regressors.shape[2])
        ]
        return np.stack(columns, axis=2).astype(np.float32)


@dataclass(frozen=True)
class Trained:
    """Networks and what their inputs are scaled by: all that forecasting needs beside a history."""

    networks: tuple[Network, ...]
    scalings: tuple[Scaling, ...]
    recipe: LstmRecipe

    def forecast(self, history: History, setting: Setting) -> np.ndarray:
        """`[S, H]`; the history must have the regressors and attributes that the training had."""
        with _one_thread():
            examples = Examples(history, setting, self.recipe.past)
            told = [predict(examples, *pair) for pair in zip(self.networks, self.scalings, strict=True)]
        return np.mean(told, axis=0)


def lstm(history: History, setting: Setting) -> np.ndarray:
    """Forecasts `[S, H]` of networks trained on the same history."""
    return trained(history, setting).forecast(history, setting)


def trained(history: History, setting: Setting, recipe: LstmRecipe | None = None) -> Trained:
    recipe = recipe or (QUICK if setting.quick else DEFAULT)
    with _one_thread():
        examples = Examples(history, setting, recipe.past)
        pairs = [train(examples, recipe, seed=setting.seed * 1009 + n) for n in range(recipe.networks)]
    return Trained(tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs), recipe)


@contextmanager
def _one_thread() -> Generator[None]:
    """So that sums, and with them answers, do not depend on the machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def train(examples: Examples, recipe: LstmRecipe, *, seed: int) -> tuple[Network, Scaling]:
    history = examples.history
    horizon = history.horizon
    generator = np.random.default_rng(seed)
    last = history.days - horizon
    origins = np.arange(max(min(28, last), 1), last + 1)
    chance = 0.5 ** ((last - origins) / recipe.half_life)
    count = min(max(recipe.pairs // max(len(history.panel.series), 1), 12), len(origins))
    chosen = np.sort(generator.choice(origins, size=count, replace=False, p=chance / chance.sum()))
    pasts, aheads, targets, levels = [], [], [], []
    for origin in chosen:
        past, ahead, rows = examples.at(int(origin))
        kept = np.arange(len(past))
        if len(past) * count > 2 * recipe.pairs:
            kept = generator.choice(kept, size=max(2 * recipe.pairs // count, 1), replace=False)
        pasts.append(past[kept])
        aheads.append(ahead[kept])
        targets.append(history.demand[kept, origin : origin + horizon] / rows.level[kept, None])
        levels.append(rows.level[kept])
    ahead = np.concatenate(aheads)
    scaling = Scaling.of(ahead)
    past, ahead = (
        torch.from_numpy(np.concatenate(pasts)),
        torch.from_numpy(scaling.applied(ahead).astype(np.float32)),
    )
    target = torch.from_numpy(np.concatenate(targets).astype(np.float32))
    level = np.concatenate(levels)
    known = (~torch.isnan(target)).float() * torch.from_numpy((level / level.mean()).astype(np.float32))[
        :, None
    ]
    target = torch.nan_to_num(target).clamp(max=50)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Network(past.shape[2], ahead.shape[2], recipe.hidden, recipe.dropout)
        optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=1e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=recipe.steps)
        network.train()
        for _ in range(recipe.steps):
            batch = torch.from_numpy(generator.integers(0, len(past), recipe.batch))
            errors = (network(past[batch], ahead[batch]) - target[batch]).abs() * known[batch]
            loss = errors.sum() / known[batch].sum().clamp(min=1e-6)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
    network.eval()
    return network, scaling


def predict(examples: Examples, network: Network, scaling: Scaling, *, part: int = 2048) -> np.ndarray:
    """`[S, H]` from the end of the history on."""
    history = examples.history
    found = []
    for start in range(0, len(history.panel.series), part):
        past, ahead, rows = examples.at(history.days, slice(start, start + part))
        with torch.no_grad():
            ratio = network(
                torch.from_numpy(past), torch.from_numpy(scaling.applied(ahead).astype(np.float32))
            )
        found.append(np.maximum(ratio.numpy().astype(float), 0.0) * rows.level[:, None])
    return np.concatenate(found)
