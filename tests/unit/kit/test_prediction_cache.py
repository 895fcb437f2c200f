"""Expensive answers are kept by content and version, batch by batch."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from retail_assets.kit.prediction_cache import PredictionCache
from retail_assets.lake import Lake

NIGHT, NEXT = date(2026, 11, 20), date(2026, 11, 21)


class Killed(BaseException):
    pass


def cache_of(folder: Path, version: str = "v1") -> PredictionCache:
    return PredictionCache(Lake(folder), "readings", version, ("text", "sure"), batch_size=2)


def answer(*contents: str, text: str = "read") -> pl.DataFrame:
    """One frame of answers, with a column that is not kept."""
    return pl.DataFrame(
        {
            "sha256": contents,
            "text": [f"{text} {content}" for content in contents],
            "sure": [0.5] * len(contents),
            "seconds": [1] * len(contents),
        }
    )


def known(cache: PredictionCache, contents: str) -> dict[str, str]:
    return dict(
        cache.answers(pl.Series(list(contents), dtype=pl.String)).select("sha256", "text").iter_rows()
    )


def files(cache: PredictionCache) -> list[str]:
    return sorted(str(path.relative_to(cache.folder)) for path in cache.folder.rglob("*.parquet"))


def test_before_the_first_answer_nothing_is_known(tmp_path: Path) -> None:
    nothing = cache_of(tmp_path).answers(pl.Series(["a"]))
    assert nothing.columns == ["sha256", "text", "sure"]
    assert nothing.is_empty()


def test_answers_are_kept_in_batches_and_only_what_is_asked_for_is_given(tmp_path: Path) -> None:
    cache = cache_of(tmp_path)
    assert list(cache.keep(NIGHT, [answer("a"), answer("b", "c"), answer("d")])) == [3, 1]
    assert known(cache, "abbz") == {"a": "read a", "b": "read b"}
    assert cache.answers(pl.Series(["d"])).columns == ["sha256", "text", "sure"]


def test_a_killed_run_keeps_its_finished_batches(tmp_path: Path) -> None:
    def frames() -> Iterator[pl.DataFrame]:
        yield answer("a")
        yield answer("b")
        yield answer("c")
        raise Killed

    with pytest.raises(Killed):
        list(cache_of(tmp_path).keep(NIGHT, frames()))
    assert known(cache_of(tmp_path), "abc") == {"a": "read a", "b": "read b"}


def test_a_finished_night_is_one_file_however_often_it_is_added_to(tmp_path: Path) -> None:
    cache = cache_of(tmp_path)
    for contents in ("ab", "cd"):
        list(cache.keep(NIGHT, map(answer, contents)))
        cache.finish(NIGHT)
        cache.finish(NIGHT)
    list(cache.keep(NEXT, [answer("e")]))
    cache.finish(NEXT)
    assert files(cache) == [f"{NIGHT}.parquet", f"{NEXT}.parquet"]
    assert known(cache, "abcde") == {content: f"read {content}" for content in "abcde"}


def test_a_night_that_was_killed_while_it_was_put_together_counts_once(tmp_path: Path) -> None:
    cache = cache_of(tmp_path)
    list(cache.keep(NIGHT, [answer("a", "b")]))
    batch = cache.folder / NIGHT.isoformat() / "a.parquet"
    content = batch.read_bytes()
    cache.finish(NIGHT)
    batch.parent.mkdir()
    batch.write_bytes(content)  # as if the batches had not been removed
    assert cache.answers(pl.Series(["a", "b"])).height == 2
    cache.finish(NIGHT)
    assert files(cache) == [f"{NIGHT}.parquet"]
    assert pl.read_parquet(cache.folder / f"{NIGHT}.parquet").height == 2


def test_another_version_answers_for_itself(tmp_path: Path) -> None:
    old, new = cache_of(tmp_path, "v1"), cache_of(tmp_path, "v2")
    list(old.keep(NIGHT, [answer("a", text="old")]))
    assert known(new, "a") == {}
    list(new.keep(NIGHT, [answer("a", text="new")]))
    assert (known(old, "a"), known(new, "a")) == ({"a": "old a"}, {"a": "new a"})


def test_caches_of_two_names_know_nothing_of_each_other(tmp_path: Path) -> None:
    readings = cache_of(tmp_path)
    photos = PredictionCache(Lake(tmp_path), "photos", "v1", ("text", "sure"), batch_size=2)
    list(readings.keep(NIGHT, [answer("a")]))
    assert known(photos, "a") == {}


def test_a_frame_without_rows_leaves_no_file(tmp_path: Path) -> None:
    cache = cache_of(tmp_path)
    assert list(cache.keep(NIGHT, [answer()])) == [0]
    assert files(cache) == []
    cache.finish(NIGHT)
    assert files(cache) == []
