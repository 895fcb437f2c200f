"""Nothing is scored twice, nothing is left without an answer, whatever happens between runs."""

from datetime import date

import polars as pl
import pytest

from retail_assets.models.resolve import FROM_PACKAGE
from retail_assets.platform import Platform
from retail_assets.refunds import predictions as predicting
from retail_assets.refunds.checks import every_photo_is_answered, few_photos_need_review, the_champion_scored
from retail_assets.refunds.predictions import photo_answers
from retail_assets.refunds.settings import RefundSettings
from retail_assets.refunds.tables import REFUND_IMAGES, REFUND_ITEM_PREDICTIONS
from retail_assets.warehouse.sources import land_empty_tables
from tests.refund_photos import NIGHT, FakeModel, Photos, hash_of

NEXT = date(2026, 11, 21)
OWN = RefundSettings()


@pytest.fixture
def photos(platform: Platform) -> Photos:
    land_empty_tables(platform)
    return Photos(platform.settings)


def predictions(photos: Photos, night: date = NIGHT) -> pl.DataFrame:
    return REFUND_ITEM_PREDICTIONS.read(photos.lake, night.isoformat())


def test_every_photo_gets_its_prediction(photos: Photos) -> None:
    photos.drop("a", "b", "c")
    report = photos.run(FakeModel())
    assert (report.photos, report.scored) == (3, 3)
    rows = predictions(photos)
    assert rows["sequence"].to_list() == [1, 2, 3]
    assert rows["model_version"].unique().to_list() == ["1"]
    assert rows["top_k"][0][0] == {"class": "Jeans", "confidence": pytest.approx(0.9)}


def test_a_second_run_resolves_no_model_and_writes_nothing(photos: Photos) -> None:
    photos.drop("a", "b", "c")
    photos.run(FakeModel())
    before = REFUND_ITEM_PREDICTIONS.part(photos.lake, NIGHT.isoformat()).stat().st_ino
    again = FakeModel()
    report = photos.run(again)
    assert (again.resolved, report.scored, report.changed) == (0, 0, False)
    assert REFUND_ITEM_PREDICTIONS.part(photos.lake, NIGHT.isoformat()).stat().st_ino == before


def test_the_same_bytes_are_scored_once_ever(photos: Photos) -> None:
    photos.drop("a", "a", "b")
    model = FakeModel()
    photos.run(model)
    photos.drop("a", "c", on=NEXT)
    report = photos.run(model, NEXT)
    assert sorted(model.seen) == sorted(map(hash_of, "abc"))
    assert report.reused == 1
    assert predictions(photos, NEXT).height == 2


def test_a_killed_run_repeats_no_finished_batch(photos: Photos, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predicting, "BATCH_PHOTOS", 2)
    photos.drop(*"abcdefg")
    with pytest.raises(KeyboardInterrupt):
        photos.run(FakeModel(dies_after=4))
    assert predictions(photos).is_empty()
    again = FakeModel()
    photos.run(again)
    assert again.seen == [hash_of(content) for content in "efg"]
    assert predictions(photos).height == 7
    kept = photo_answers(photos.lake, "digest-1").folder
    assert [file.name for file in kept.rglob("*.parquet")] == [f"{NIGHT}.parquet"], (
        "a finished night is one file"
    )


def test_batches_that_a_killed_run_put_together_twice_count_once(photos: Photos) -> None:
    photos.drop("a", "b")
    photos.run(FakeModel())
    store = photo_answers(photos.lake, "digest-1")
    left = store.folder / NIGHT.isoformat() / f"{hash_of('a')}.parquet"
    left.parent.mkdir()
    left.write_bytes((store.folder / f"{NIGHT}.parquet").read_bytes())
    photos.drop("c")
    photos.run(FakeModel())
    assert predictions(photos)["sequence"].to_list() == [1, 2, 3]


def test_a_photo_that_is_withdrawn_and_released_is_not_scored_again(photos: Photos) -> None:
    photos.drop("a", "b")
    model = FakeModel()
    photos.run(model)
    photos.set_state(1, "withdrawn")
    report = photos.run(model, NEXT)
    assert report.backfilled == [NIGHT]
    assert REFUND_IMAGES.read(photos.lake, NIGHT.isoformat())["sequence"].to_list() == [2]
    assert predictions(photos)["sequence"].to_list() == [2]
    photos.set_state(1, "loaded")
    photos.run(model, NEXT)
    assert predictions(photos)["sequence"].to_list() == [1, 2]
    assert len(model.seen) == 2


def test_a_photo_released_from_quarantine_on_a_later_night_is_scored(photos: Photos) -> None:
    photos.drop("a")
    photos.drop("b", state="quarantined")
    photos.run(FakeModel())
    photos.set_state(2, "loaded")
    model = FakeModel()
    photos.run(model, NEXT)
    assert model.seen == [hash_of("b")]
    assert predictions(photos)["sequence"].to_list() == [1, 2]


def test_a_new_champion_scores_what_is_new_and_the_past_when_asked(photos: Photos) -> None:
    photos.drop("a")
    photos.run(FakeModel("1"))
    photos.drop("b")
    champion = FakeModel("2")
    photos.run(champion)
    assert predictions(photos)["model_version"].to_list() == ["1", "2"]
    photos.run(champion, score_again=True)
    assert predictions(photos)["model_version"].to_list() == ["2", "2"]
    assert sorted(champion.seen) == sorted(map(hash_of, "ab"))
    back = FakeModel("1")
    photos.run(back, score_again=True)
    assert predictions(photos)["model_version"].to_list() == ["1", "1"]
    assert back.seen == [hash_of("b")], "what it said of the other one is known"


def test_the_packaged_model_stands_in_but_replaces_nothing(photos: Photos) -> None:
    photos.drop("a")
    photos.run(FakeModel("1"))
    photos.drop("b")
    photos.run(FakeModel("packaged-12345678", source=FROM_PACKAGE), score_again=True)
    assert predictions(photos)["model_source"].to_list() == ["registry", "packaged"]
    finding = the_champion_scored(photos.lake, OWN, NIGHT)
    assert not finding.passed
    assert finding.figures["by_the_packaged_model"] == 1


@pytest.mark.parametrize("trouble", ["cannot_open", "cannot_read", "too_much_memory"])
def test_trouble_of_the_platform_is_no_answer(trouble: str, photos: Photos) -> None:
    photos.drop("a", "b")
    photos.run(FakeModel(trouble=trouble, unreadable=frozenset({hash_of("b")})))
    assert every_photo_is_answered(photos.lake, OWN, NIGHT).figures["without_answer"] == 1
    model = FakeModel()
    assert photos.run(model, NEXT).backfilled == [NIGHT]
    assert model.seen == [hash_of("b")]
    assert every_photo_is_answered(photos.lake, OWN, NIGHT).passed


def test_photos_that_a_person_should_look_at_are_few(photos: Photos) -> None:
    photos.drop(*"abcd")
    unreadable = frozenset({hash_of("a"), hash_of("b")})
    photos.run(FakeModel(trouble="not_an_image", unreadable=unreadable))
    finding = few_photos_need_review(photos.lake, OWN, NIGHT)
    assert not finding.passed
    assert finding.figures == {"photos": 4, "to_review": 2, "share": 0.5}
    assert "more than 25% (RETAIL_REFUND_REVIEW_SHARE)" in finding.advice
    assert few_photos_need_review(photos.lake, RefundSettings(review_share=0.5), NIGHT).passed


def test_a_night_without_photos_needs_no_model(photos: Photos) -> None:
    model = FakeModel()
    report = photos.run(model)
    assert (report.photos, model.resolved) == (0, 0)
    assert predictions(photos).is_empty()
