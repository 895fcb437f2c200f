"""The same bytes again, and which source mapping reads them."""

from retail_assets.platform import Platform
from tests.plain_platform import PlainPlatform

STORES = "store_id,name\nS1,One\n"
TILL = """source: till
match: {folder: stores, files: "till_*"}
targets:
  - feed: stores
    columns: {store_id: {sql: "'X' || store_id"}, name: name}
"""


def _written(platform: Platform, text: str) -> PlainPlatform:
    """The platform with this mapping of its tills."""
    platform.lake.sources.mkdir(parents=True, exist_ok=True)
    (platform.lake.sources / "till.yaml").write_text(text)
    return PlainPlatform(platform.settings, platform.handlers())


def test_another_mapping_reads_the_same_bytes_anew(platform: Platform) -> None:
    real = _written(platform, TILL)
    for name in ("plain.csv", "till_1.csv", "till_2.csv", "plain again.csv"):
        real.drop(name, STORES, folder="stores")
        real.admit()
    assert real.states() == ["loaded", "loaded", "duplicate", "duplicate"]
    assert real.rows("stores")["store_id"].to_list() == ["S1", "XS1"]


def test_a_new_version_of_a_mapping_does_not_count_an_old_file_again(platform: Platform) -> None:
    first, second = TILL, TILL.replace("'X'", "'Y'")
    for number, text in enumerate((first, second)):
        real = _written(platform, text)
        real.drop(f"till_{number}.csv", STORES, folder="stores")
        real.admit()
    assert real.states() == ["loaded", "duplicate"]
    assert real.decide("reload_file", 1).accepted
    assert real.rows("stores")["store_id"].to_list() == ["YS1"], "and none beside it"
