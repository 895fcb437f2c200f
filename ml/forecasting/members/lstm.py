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

from ml.forecasting.members.base import Setting
from ml.forecasting.panels.days import public_holidays
from ml.forecasting.series.features import FeatureMaker
from ml.forecasting.series.history import History
from ml.forecasting.series.pieces import pieces, teachers

LEAST_SEEN = 0.15
"""Share of the examples that must tell a feature."""
OWN_CHANNELS = 2
"""Of the past, before its regressors: the ratio to the level, and whether the day is known."""
LARGEST = 50.0
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
    """Mean and deviation of each feature in training, and the deviation of each regressor in the past."""

    mean: np.ndarray
    deviation: np.ndarray
    regressors: np.ndarray

    @classmethod
    def of(cls, past: np.ndarray, ahead: np.ndarray) -> "Scaling":
        flat = ahead.reshape(-1, ahead.shape[-1])
        counts = np.maximum((~np.isnan(flat)).sum(axis=0), 1)
        mean = np.nansum(flat, axis=0) / counts
        deviation = np.sqrt(np.nansum((flat - mean) ** 2, axis=0) / counts)
        # What training hardly saw has weights that nothing has taught: it must stay the zero that it was.
        seen = (counts >= LEAST_SEEN * len(flat)) & (deviation > 1e-4)
        usual = np.maximum(past[:, :, OWN_CHANNELS:].std(axis=(0, 1)), 1e-4)
        return cls(*(np.asarray(of, np.float32) for of in (mean, np.where(seen, deviation, np.inf), usual)))

    def applied(self, past: np.ndarray, ahead: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        scaled = past.copy()
        scaled[:, :, OWN_CHANNELS:] /= self.regressors
        known = np.nan_to_num((ahead - self.mean) / self.deviation, nan=0.0)
        return torch.from_numpy(scaled), torch.from_numpy(
            np.clip(known, -FARTHEST, FARTHEST).astype(np.float32)
        )


class Examples:
    """Inputs of the network of a history at any origin."""

    def __init__(self, maker: FeatureMaker, past: int):
        self.history = maker.history
        self.maker = maker
        self.past = past
        self._weekday = np.eye(7, dtype=np.float32)
        self._column = maker.names.index("weekday")
        self._year = maker.names.index("year_near")

    def at(self, origin: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Past `[S, P, C]`, features ahead `[S, H, F]` and the level `[S]`."""
        rows = self.maker.rows(origin)
        days = self._weekday[rows.values[:, :, self._column].astype(int)]
        missing = np.isnan(rows.values[:, :, self._year]).astype(np.float32)[:, :, None]
        return (
            self._past(origin, rows.level),
            np.concatenate([rows.values, days, missing], axis=2),
            rows.level,
        )

    def _past(self, origin: int, level: np.ndarray) -> np.ndarray:
        """Ratios to the level, which days are known, and the regressors; days before the panel are not known."""
        first = max(origin - self.past, 0)
        window = self.history.demand[:, first:origin]
        known = ~np.isnan(window)
        ratio = np.minimum(np.where(known, window, 0.0) / level[:, None], FARTHEST)
        regressors = np.nan_to_num(self.history.panel.regressors[:, first:origin])
        columns = np.concatenate([ratio[:, :, None], known[:, :, None], regressors], axis=2)
        missing = self.past - columns.shape[1]
        return np.pad(columns, ((0, 0), (missing, 0), (0, 0))).astype(np.float32)


@dataclass(frozen=True)
class Trained:
    """Networks and what their inputs are scaled by: all that forecasting needs beside a history."""

    networks: tuple[Network, ...]
    scalings: tuple[Scaling, ...]
    recipe: LstmRecipe

    def forecast(self, history: History, setting: Setting) -> np.ndarray:
        """`[S, H]`; the history must have the regressors and attributes that the training had."""
        found = []
        with _one_thread():
            for _, maker in pieces(history, _holidays(history, setting)):
                examples = Examples(maker, self.recipe.past)
                pairs = zip(self.networks, self.scalings, strict=True)
                found.append(np.mean([predict(examples, *pair) for pair in pairs], axis=0))
        return np.concatenate(found)


def lstm(history: History, setting: Setting) -> np.ndarray:
    """Forecasts `[S, H]` of networks trained on the same history."""
    return trained(history, setting).forecast(history, setting)


def trained(history: History, setting: Setting, recipe: LstmRecipe | None = None) -> Trained:
    recipe = recipe or (QUICK if setting.quick else DEFAULT)
    learnt, codes = teachers(history, setting.seed)
    with _one_thread():
        examples = Examples(
            FeatureMaker(learnt, holidays=_holidays(history, setting), codes=codes), recipe.past
        )
        pairs = [train(examples, recipe, seed=setting.seed * 1009 + n) for n in range(recipe.networks)]
    return Trained(tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs), recipe)


def _holidays(history: History, setting: Setting) -> frozenset[np.datetime64]:
    dates = history.panel.dates(0, history.days + history.horizon)
    return frozenset(public_holidays(setting.country, dates))


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
    generator = np.random.default_rng(seed)
    past, ahead, target, level = _pairs(examples, recipe, generator)
    scaling = Scaling.of(past, ahead)
    inputs = scaling.applied(past, ahead)
    wanted = torch.from_numpy(target.astype(np.float32))
    weight = (~torch.isnan(wanted)).float() * torch.from_numpy((level / level.mean()).astype(np.float32))[
        :, None
    ]
    wanted = torch.nan_to_num(wanted).clamp(max=LARGEST)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Network(past.shape[2], ahead.shape[2], recipe.hidden, recipe.dropout)
        optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=1e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=recipe.steps)
        network.train()
        for _ in range(recipe.steps):
            batch = torch.from_numpy(generator.integers(0, len(past), recipe.batch))
            errors = (network(*(values[batch] for values in inputs)) - wanted[batch]).abs() * weight[batch]
            loss = errors.sum() / weight[batch].sum().clamp(min=1e-6)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
    network.eval()
    return network, scaling


def _pairs(
    examples: Examples, recipe: LstmRecipe, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Past, features ahead, ratios that came about `[N, H]` and levels `[N]` of pairs of series and origin."""
    history = examples.history
    last = history.days - history.horizon
    origins = np.arange(max(min(28, last), 1), last + 1)
    chance = 0.5 ** ((last - origins) / recipe.half_life)
    count = min(max(recipe.pairs // max(len(history.panel.series), 1), 12), len(origins))
    chosen = np.sort(generator.choice(origins, size=count, replace=False, p=chance / chance.sum()))
    most = max(2 * recipe.pairs // count, 1)
    found = []
    for origin in chosen:
        past, ahead, level = examples.at(int(origin))
        kept = np.arange(len(past))
        if len(kept) > most:
            kept = generator.choice(kept, size=most, replace=False)
        target = history.demand[kept, origin : origin + history.horizon] / level[kept, None]
        found.append((past[kept], ahead[kept], target, level[kept]))
    past, ahead, target, level = (np.concatenate(of) for of in zip(*found, strict=True))
    return past, ahead, target, level


def predict(examples: Examples, network: Network, scaling: Scaling) -> np.ndarray:
    """`[S, H]` from the end of the history on."""
    past, ahead, level = examples.at(examples.history.days)
    with torch.no_grad():
        ratio = network(*scaling.applied(past, ahead))
    return np.maximum(ratio.numpy().astype(float), 0.0) * level[:, None]
