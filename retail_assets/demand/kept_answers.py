"""What members answered in backtests, kept by what it was answered from: a backtest takes an hour, and training and
evaluation of the same night, and of candidate and champion, ask the members once.

Under `lake/work/demand_backtests/` lies an .npz of arrays for each content, the newest few of them.
"""

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ml import forecasting
from ml.forecasting.backtests.answering import Answers
from ml.forecasting.backtests.backtest import Backtest, Windows
from ml.forecasting.calibrations.calibration import installed_libraries
from ml.forecasting.issues import Issue
from ml.forecasting.panels.panel import Panel
from ml.forecasting.series.history import history_at
from ml.forecasting.series.segments import segments
from retail_assets.lake import Lake, put_in_place, scratch_folder

KEPT = 4
FOLDER = "demand_backtests"


def content_digest(panel: Panel, recipe: Mapping[str, object]) -> str:
    """Names all that decides what members answer: history, recipe, libraries, code."""
    code = code_digest(Path(forecasting.__file__).parent)
    told = {**recipe, "libraries": installed_libraries(), "code": code, "history": panel_digest(panel)}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def code_digest(folder: Path) -> str:
    """Of the Python files in a folder and below: answers of older code would judge newer one."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        digest.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def panel_digest(panel: Panel) -> str:
    """Of series, days, demand with what came back later, regressors, what was told of them, and attributes."""
    digest = hashlib.sha256(
        json.dumps([panel.series.tolist(), str(panel.first_day), panel.demand.shape]).encode()
    )
    back = panel.returns
    for array in (panel.demand, panel.regressors, back.series, back.posted, back.lowered, back.units):
        digest.update(np.ascontiguousarray(array).tobytes())
    for origin, told in sorted(panel.told_then.items()):
        digest.update(str(origin).encode() + b"\0" + np.ascontiguousarray(told).tobytes())
    static = {name: values.tolist() for name, values in sorted(panel.static.items())}
    digest.update(json.dumps([static, panel.regressor_names]).encode())
    return digest.hexdigest()


def keep_answers(lake: Lake, content: str, made: Backtest) -> None:
    """Beside the newest other ones; older ones are taken away."""
    file = _file(lake, content)
    arrays: dict[str, np.ndarray] = {}
    for number, one in enumerate(made.answers):
        arrays |= {f"{number}/values/{name}": values for name, values in one.values.items()}
        arrays |= {f"{number}/own/{name}": own for name, own in one.own.items()}
        issues = json.dumps([asdict(issue) for issue in one.issues])
        arrays[f"{number}/issues"] = np.frombuffer(issues.encode(), dtype=np.uint8)
    with scratch_folder(lake) as scratch:
        np.savez_compressed(scratch / file.name, **arrays)  # ty: ignore[invalid-argument-type]
        put_in_place(scratch / file.name, file)
    others = sorted(file.parent.glob("*.npz"), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in others[KEPT:]:
        old.unlink(missing_ok=True)


def kept_answers(lake: Lake, content: str, panel: Panel, windows: Windows) -> Backtest | None:
    """None where it was never answered, or the file is torn."""
    origins, horizon = windows.origins(panel.days), windows.horizon
    try:
        with np.load(_file(lake, content), allow_pickle=False) as arrays:
            answers = [_answers(arrays, n, panel, origin, horizon) for n, origin in enumerate(origins)]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return Backtest.of(panel, origins, horizon, answers)


def _file(lake: Lake, content: str) -> Path:
    return lake.work_folder(FOLDER) / f"{content}.npz"


def _answers(arrays, number: int, panel: Panel, origin: int, horizon: int) -> Answers:
    history = history_at(panel, origin, horizon)
    parts = {"values": {}, "own": {}}
    for name in arrays.files:
        window, kind, *member = name.split("/")
        if window == str(number) and member:
            parts[kind][member[0]] = arrays[name]
    issues: Sequence[Issue] = [Issue(**one) for one in json.loads(arrays[f"{number}/issues"].tobytes())]
    return Answers(history, segments(history), parts["values"], parts["own"], issues)
