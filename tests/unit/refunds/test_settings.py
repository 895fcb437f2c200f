"""How the settings of refunds are called, and what they were called before."""

from pathlib import Path

import pytest

from retail_assets.refunds.settings import RefundSettings


def test_variables_of_refunds_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETAIL_REFUND_REVIEW_SHARE", "0.5")
    monkeypatch.setenv("RETAIL_REFUND_PHOTO_SECONDS", "7")
    found = RefundSettings()
    assert (found.review_share, found.photo_seconds) == (0.5, 7)


def test_what_was_set_under_an_earlier_name_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("RETAIL_REVIEW_SHARE", "0.5"),
        ("RETAIL_ITEM_CATEGORIES", "own.yaml"),
        ("RETAIL_PHOTO_MAX_BYTES", "9"),
        ("RETAIL_REFUND_FROZEN_DIR", "frozen"),
    ):
        monkeypatch.setenv(name, value)
    found = RefundSettings()
    assert (found.review_share, found.photo_max_bytes) == (0.5, 9)
    assert (found.item_categories, found.refund_holdout_dir) == (Path("own.yaml"), Path("frozen"))
    monkeypatch.setenv("RETAIL_REFUND_REVIEW_SHARE", "0.4")
    assert RefundSettings().review_share == 0.4
