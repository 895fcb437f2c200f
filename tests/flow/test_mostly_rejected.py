"""A file of which most records were rejected counts for nothing, and says why."""

import pytest

from retail_assets.platform import Platform
from tests.plain_platform import PlainPlatform

EVENTS = "event_id,order_kind,order_id,at,status\n"
GOOD = "{},sales,A,2026-11-20T10:00:00Z,paid\n"
BAD = "{},sales,A,20.13.2026,paid\n"


@pytest.fixture
def real(platform: Platform) -> PlainPlatform:
    return PlainPlatform(platform.settings, platform.handlers())


def events(*, good: int, bad: int) -> str:
    return EVENTS + "".join((GOOD if n < good else BAD).format(n) for n in range(good + bad))


def became(platform: PlainPlatform, folder: str) -> list[tuple[str, str]]:
    return [(line.state, line.reason) for line in platform.admit().files(folder)]


@pytest.mark.parametrize("also", [1, 20], ids=["with another", "among many small ones"])
def test_more_than_half_counts_for_nothing(real: PlainPlatform, also: int) -> None:
    real.drop("most.csv", events(good=2, bad=3), folder="order_events", modified=1_000)
    for number in range(also):
        real.drop(f"{number}.csv", EVENTS + GOOD.format(100 + number), folder="order_events")
    line = real.admit().files("order_events")[0]
    assert (line.state, line.reason) == ("quarantined", "mostly_rejected")
    assert "3 of 5 records for order_events were rejected" in line.message
    assert "3 not_a_time in at (20.13.2026)" in line.message
    assert real.rows("order_events").height == also


def test_half_is_admitted(real: PlainPlatform) -> None:
    real.drop("half.csv", events(good=3, bad=3), folder="order_events")
    assert became(real, "order_events") == [("loaded", "")]
    assert real.rows("order_events").height == 3


def test_a_mapping_may_let_more_through_but_never_all(platform: Platform) -> None:
    platform.lake.sources.mkdir(parents=True)
    (platform.lake.sources / "shop.yaml").write_text(
        'source: shop\nmatch: {folder: order_events, files: "shop*"}\nrejected_at_most: 1\n'
        "targets: [{feed: order_events, same_names: true}]\n"
    )
    plain = PlainPlatform(platform.settings, platform.handlers())
    plain.drop("shop 1.csv", events(good=1, bad=9), folder="order_events", modified=1_000)
    plain.drop("shop 2.csv", events(good=0, bad=1), folder="order_events", modified=2_000)
    assert became(plain, "order_events") == [("loaded", ""), ("quarantined", "mostly_rejected")]


def test_persons_are_not_quoted(real: PlainPlatform) -> None:
    real.drop("all.csv", f"customer_id,name,email\n{'x' * 400},Ann,a@x.de\n", folder="customers")
    line = real.admit().files("customers")[0]
    assert line.reason == "mostly_rejected" and "too_long in customer_id (***)" in line.message
