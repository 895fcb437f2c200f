"""Every audience is published, and each opened as its reader would: as a member of its group, or as a stranger."""

import grp
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from retail_assets.config import Settings
from retail_assets.lake import Lake
from retail_assets.platform import Platform
from retail_assets.warehouse import publication as publishing
from retail_assets.warehouse.access import set_access
from retail_assets.warehouse.audience_files import write_database
from retail_assets.warehouse.errors import PersonalData, PublicationError
from retail_assets.warehouse.places import folder_name
from retail_assets.warehouse.publication import publish
from tests.children import children, forks_import
from tests.conftest import unavailable
from tests.synthetic_warehouse import (
    AS_OF,
    change,
    land_published_tables,
    make_warehouse,
    next_generation,
    platform_for_everybody,
)

NOBODY = 65_534
HOSTILE = ["../x", "..", "", "/etc/x", "a/b", "x" * 300, "Zoë ☕", "a'b", "a\nb", "a\0b", ".hidden"]

forks_import(__name__)


def groups() -> list[str]:
    """Groups of this system that a stranger is not in: for operations, for merchants, for one of these."""
    return [group.gr_name for group in grp.getgrall() if 0 < group.gr_gid < 1000][:3]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = Lake(tmp_path_factory.mktemp("made"))
    make_warehouse(lake, lines=300)
    return lake.warehouse


def platform_in(folder: Path, made: Path, **settings: Any) -> Platform:
    platform = platform_for_everybody(Settings(data_dir=folder, release_min_age_seconds=0, **settings))
    platform.lake.warehouse.parent.mkdir(parents=True)
    shutil.copyfile(made, platform.lake.warehouse)
    land_published_tables(platform.lake)
    return platform


@pytest.fixture
def platform(tmp_path: Path, made: Path) -> Platform:
    return platform_in(tmp_path / "data", made)


def run(platform: Platform) -> Path:
    """The folder of the release that is published then."""
    publish(platform=platform, as_of=AS_OF, run_id="a-run")
    return platform.lake.published.resolve()


def ask(database: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def tables(database: Path) -> set[str]:
    return {name for (name,) in ask(database, "select table_name from duckdb_tables()")}


# As readers


@pytest.fixture(scope="module")
def opened(made: Path) -> Iterator[Path]:
    """A release of a platform that has a group for operations and one for merchants, where anybody may look."""
    if os.geteuid() != 0:
        unavailable("Only root can look at files as somebody else.")
    operations, merchants, _ = groups()
    folder = Path(tempfile.mkdtemp(prefix="retail-audiences-"))
    folder.chmod(0o755)
    platform = platform_in(
        folder / "data", made, audience_groups={"operations": operations, "merchants": merchants}
    )
    platform.lake.releases.mkdir()
    umask = os.umask(0o077)
    try:
        yield run(platform)
    finally:
        os.umask(umask)
        shutil.rmtree(folder)


def as_reader(look: Callable[[Path], Any], path: Path, *, group: str | None = None) -> Any:
    """What a function gives to a user who is only in this group; what stops it as the error's name."""
    mine, theirs = children.Pipe()
    gid = grp.getgrnam(group).gr_gid if group else NOBODY
    child = children.Process(target=_look_as, args=(gid, look, path, theirs))
    child.start()
    theirs.close()
    answer = mine.recv()
    child.join()
    return answer


def _look_as(gid: int, look: Callable[[Path], Any], path: Path, answer: Any) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(NOBODY)
    try:
        answer.send(look(path))
    except (OSError, duckdb.Error, pl.exceptions.ComputeError) as error:
        answer.send(type(error).__name__)


def names(folder: Path) -> set[str]:
    return set(os.listdir(folder))  # noqa: PTH208


def read_bytes(path: Path) -> int:
    return len(path.read_bytes())


def marts_of(place: Path) -> dict[str, list[tuple]]:
    """Every table of the DuckDB file of a place, without what it says of itself; and the same from Parquet."""
    [database] = place.glob("*.duckdb")
    found = {
        name: ask(database, f'from "{name}" order by all') for name in tables(database) - {"_meta", "_marts"}
    }
    for name, rows in found.items():
        in_parquet = pl.read_parquet(place / "parquet" / name / "*.parquet", hive_partitioning=False)
        assert sorted(map(str, in_parquet.rows())) == sorted(map(str, rows)), name
    return found


def meta_of(place: Path) -> list[tuple]:
    [database] = place.glob("*.duckdb")
    return ask(database, "select mart, rows, release, run_id from _marts, _meta order by mart")


def test_a_stranger_reads_what_is_for_analysts(opened: Path):
    assert {"products", "sales_daily"} <= as_reader(marts_of, opened).keys()
    assert ("products", 40, 1, "a-run") in as_reader(meta_of, opened)


def test_a_stranger_enters_no_other_place_and_does_not_learn_which_there_are(opened: Path):
    for folder in (
        "operations",
        "merchants",
        "merchants/M0",
        "operations/parquet",
        "operations/letters",
        "../shared/operations/letters",
        "merchants/M0/parquet/merchant_cases",
    ):
        assert as_reader(names, opened / folder) == "PermissionError", folder
    for file in (
        "operations/operations.duckdb",
        "merchants/M0/merchant.duckdb",
        "merchants/M0/parquet/_meta/part.parquet",
    ):
        assert as_reader(read_bytes, opened / file) == "PermissionError", file
    assert as_reader(read_bytes, opened / "release.json") == "PermissionError"


def test_operations_read_what_is_for_them_with_persons_and_what_analysts_read(opened: Path):
    operations, *_ = groups()
    found = as_reader(marts_of, opened / "operations", group=operations)
    assert found == {"insights": [("only for operations", "phone", 0)]}
    assert as_reader(meta_of, opened / "operations", group=operations) == [
        ("insights", 1, 1, "a-run"),
        ("return_case_features", 0, 1, "a-run"),
    ]
    assert as_reader(names, opened / "operations" / "letters", group=operations) == {"phone.json"}
    assert as_reader(read_bytes, opened / "operations" / "letters" / "phone.json", group=operations) == 2
    assert "products" in as_reader(marts_of, opened, group=operations)
    assert as_reader(names, opened / "merchants", group=operations) == "PermissionError"


def test_merchants_read_their_rows_and_nothing_of_operations(opened: Path):
    _, merchants, _ = groups()
    for number in range(3):
        place = opened / "merchants" / f"M{number}"
        rows = [(f"M{number}", f"only for merchant {number}", 0)] * 10
        assert as_reader(marts_of, place, group=merchants) == {"merchant_cases": rows}
        assert as_reader(meta_of, place, group=merchants) == [("merchant_cases", 10, 1, "a-run")]
    assert as_reader(names, opened / "operations", group=merchants) == "PermissionError"


def test_a_merchant_with_a_group_opens_his_folder_and_no_other(opened: Path):
    data = opened.parent.parent
    operations, merchants, first = groups()
    given = {"operations": operations, "merchants": merchants}
    settings = Settings(data_dir=data, release_min_age_seconds=0)

    def run_with(**more: str) -> None:
        run(platform_for_everybody(settings.model_copy(update={"audience_groups": given | more})))

    own = opened / "merchants" / "M0"
    run_with(**{"merchants/M0": first, "merchants/not-there": first})
    assert as_reader(marts_of, own, group=first).keys() == {"merchant_cases"}
    assert as_reader(meta_of, own, group=first) == [("merchant_cases", 10, 1, "a-run")]
    for place in ("merchants/M1", "merchants/M2/parquet", "operations", "merchants"):
        assert as_reader(names, opened / place, group=first) == "PermissionError", place
    assert as_reader(read_bytes, opened / "merchants/M1/merchant.duckdb", group=first) == "PermissionError"
    assert as_reader(names, own, group=merchants) == "PermissionError", "its own group alone has it"
    assert as_reader(names, opened / "merchants" / "M1", group=merchants)
    assert as_reader(names, own) == "PermissionError"

    run_with()
    assert as_reader(names, own, group=first) == "PermissionError"
    assert as_reader(names, own, group=merchants)
    assert (opened / "merchants").stat().st_mode & 0o777 == 0o750


def test_nobody_but_the_platform_can_change_a_release(opened: Path):
    for path in [opened, *opened.rglob("*")]:
        assert not path.stat().st_mode & 0o022, path
        assert path.is_dir() or not path.stat().st_mode & 0o200, path


def test_a_group_that_changes_has_the_kept_releases_at_once_and_another_has_them_no_more(opened: Path):
    operations, merchants, _ = groups()
    look_again = [opened / "operations", opened.parent / "2" / "operations"]
    letters = opened / "operations" / "letters"

    def settings(**groups: str) -> Settings:
        return Settings(data_dir=opened.parent.parent, release_min_age_seconds=0, audience_groups=groups)

    next_generation(Lake(opened.parent.parent), 1)
    for groups_now, readers, strangers in (
        ({"operations": merchants}, [merchants], [operations]),
        ({}, [], [operations, merchants]),
        ({"operations": operations, "merchants": merchants}, [operations], [merchants]),
    ):
        run(platform_for_everybody(settings(**groups_now)))
        assert names(opened.parent) == {"1", "2", "shared"}, "there was nothing new to publish"
        for place in (*look_again, letters):
            for group in strangers:
                assert as_reader(names, place, group=group) == "PermissionError"
        for group in readers:
            assert as_reader(names, letters, group=group) == {"phone.json"}
            for place in look_again:
                assert as_reader(marts_of, place, group=group).keys() == {"insights"}


def test_without_a_group_they_are_not_even_for_the_one_that_new_folders_get(tmp_path: Path, made: Path):
    def modes(release: Path) -> list[int]:
        places = ("", "parquet", "operations", "operations/parquet", "merchants", "merchants/M0")
        return [(release / place).stat().st_mode & 0o777 for place in places]

    platform = platform_in(tmp_path / "data", made)
    assert modes(run(platform)) == [0o755, 0o755, 0o700, 0o700, 0o700, 0o700]
    group = grp.getgrgid(os.getgid()).gr_name
    settings = platform.settings.model_copy(update={"audience_groups": {"merchants/M0": group}})
    assert modes(run(platform_for_everybody(settings))) == [0o755, 0o755, 0o700, 0o700, 0o711, 0o750]


def test_a_folder_of_an_audience_that_is_no_more_is_nobodys(platform: Platform):
    release = run(platform)
    left = release / "buyers" / "parquet"
    left.mkdir(parents=True)
    run(platform)
    assert [path.stat().st_mode & 0o777 for path in (left, left.parent, release)] == [0o700, 0o700, 0o755]


# What lies where


def test_each_place_holds_its_own_marts_and_no_byte_of_another(platform: Platform):
    release = run(platform)
    assert tables(release / "operations" / "operations.duckdb") == {"_meta", "_marts", "insights"}
    assert tables(release / "merchants" / "M1" / "merchant.duckdb") == {"_meta", "_marts", "merchant_cases"}
    assert not tables(release / "retail.duckdb") & {"insights", "merchant_cases"}
    texts = {
        "operations": "only for operations",
        **{f"merchants/M{n}": f"only for merchant {n}" for n in range(3)},
    }
    for path in release.rglob("*.duckdb"):
        place = str(path.parent.relative_to(release))
        found = {owner for owner, text in texts.items() if text.encode() in path.read_bytes()}
        assert found == {place} & texts.keys()


def test_all_audiences_move_with_one_link(platform: Platform):
    databases = ["retail.duckdb", "operations/operations.duckdb", "merchants/M0/merchant.duckdb"]
    for number in (1, 2):
        run(platform)
        published = platform.lake.published
        assert [ask(published / name, "select release from _meta") for name in databases] == [[(number,)]] * 3
        next_generation(platform.lake, number)


def test_a_change_for_one_audience_makes_a_release_for_all(platform: Platform):
    run(platform)
    change(platform.lake, "update marts.insights set sentence = 'another'")
    release = run(platform)
    assert release.name == "2"
    assert ask(release / "operations" / "operations.duckdb", "select sentence from insights") == [
        ("another",)
    ]
    unchanged = release / "merchants" / "M0" / "parquet" / "merchant_cases" / "part.parquet"
    assert unchanged.stat().st_nlink == 2, "linked from the release before"


@pytest.mark.parametrize("mart", ["products", "merchant_cases"])
def test_personal_columns_stop_publication_for_all_unless_the_audience_sees_persons(
    platform: Platform, mart: str
):
    run(platform)
    change(platform.lake, "update marts.insights set sentence = 'another'")
    change(platform.lake, f"alter table marts.{mart} add column customer_email varchar")
    with pytest.raises(PersonalData, match=rf"{mart}\.customer_email.*name another audience"):
        run(platform)
    database = platform.lake.published / "operations" / "operations.duckdb"
    assert ask(database, "select sentence from insights") == [("only for operations",)]


def test_e_mail_addresses_reach_only_readers_who_see_persons(platform: Platform):
    address = "ada@example.com"
    change(platform.lake, f"update marts.products set name = 'of {address}' where product_id in ('P1', 'P2')")
    change(platform.lake, "update marts.products set name = 'Cable @home 2m @ 3.50' where product_id = 'P3'")
    change(platform.lake, f"update marts.merchant_cases set sentence = '{address}' where merchant_id = 'M1'")
    change(platform.lake, f"insert into marts.merchant_cases values ('{address}', 'his', 0)")
    change(platform.lake, f"update marts.insights set sentence = '{address}'")
    release = run(platform)
    assert ask(release / "operations" / "operations.duckdb", "select sentence from insights") == [(address,)]
    products = dict(marts_of(release)["products"])
    assert products["P1"] == products["P2"]
    assert products["P1"].startswith("person-")
    assert (products["P3"], products["P4"]) == ("Cable @home 2m @ 3.50", "Mug 4")
    [(pseudonym,)] = ask(
        release / "merchants" / "M1" / "merchant.duckdb", "select distinct sentence from merchant_cases"
    )
    assert pseudonym.startswith("person-")
    assert pseudonym != f"person-{hashlib.md5(address.encode()).hexdigest()[:12]}", (
        "which anybody could guess"
    )
    his = release / "merchants" / folder_name(address)
    assert marts_of(his) == {"merchant_cases": [(address, "his", 0)]}
    strangers = [path for path in release.rglob("*.*") if not path.is_relative_to(release / "operations")]
    holders = {path for path in strangers if address.encode() in path.read_bytes()}
    assert {path for path in holders if not path.is_relative_to(his)} == {release / "release.json"}
    run(platform)
    assert names(platform.lake.releases) == {"1", "shared"}, "nothing has changed"


@pytest.mark.parametrize(
    "address",
    [
        "ada%40example.com",
        "ada%2540example%2ecom",
        "ada&#64;example.com",
        "ada＠example．com",
        "ada@example。com",
        "ada﹫example.com",
        "ada@example.рф",
        "ada@exam…",
    ],
)
def test_e_mail_addresses_are_known_however_they_are_typed(platform: Platform, address: str):
    change(platform.lake, f"update marts.products set name = 'of {address}' where product_id = 'P1'")
    assert dict(marts_of(run(platform))["products"])["P1"].startswith("person-")


def test_a_merchant_without_rows_has_no_place_any_more(platform: Platform):
    assert (run(platform) / "merchants" / "M2").exists()
    change(platform.lake, "delete from marts.merchant_cases where merchant_id = 'M2'")
    assert names(run(platform) / "merchants") == {"M0", "M1"}


def test_rows_without_a_merchant_are_nobodys(platform: Platform):
    change(platform.lake, "update marts.merchant_cases set merchant_id = null where merchant_id = 'M2'")
    publication = publish(platform=platform, as_of=AS_OF, run_id="a-run")
    release = platform.lake.published.resolve()
    assert names(release / "merchants") == {"M0", "M1"}
    counted = {row["mart"]: row["rows_without_reader"] for row in publication.tables()}
    assert (counted["merchant_cases"], counted["insights"], counted["products"]) == (10, 0, 0)
    assert publication.readers_finding().passed, "which may be as it should"
    assert not [path for path in release.rglob("*.duckdb") if b"only for merchant 2" in path.read_bytes()]


def test_without_any_rows_for_merchants_the_rest_is_published(platform: Platform):
    change(platform.lake, "delete from marts.merchant_cases")
    release = run(platform)
    assert not (release / "merchants").exists()
    assert "products" in tables(release / "retail.duckdb")


def test_a_mart_for_merchants_says_whose_its_rows_are(platform: Platform):
    change(platform.lake, "alter table marts.merchant_cases rename merchant_id to merchant")
    with pytest.raises(PublicationError, match="merchant_cases has no column merchant_id"):
        run(platform)


def test_hostile_merchants_stay_inside_the_release_each_with_his_rows(platform: Platform):
    with duckdb.connect(str(platform.lake.warehouse)) as connection:
        connection.executemany(
            "insert into marts.merchant_cases values (?, ?, 0)", [(name, f"of {name}") for name in HOSTILE]
        )
    around = names(platform.lake.root)
    release = run(platform)
    assert names(platform.lake.root) - around == {"platform.db", "releases", "published"}
    assert names(platform.lake.releases) == {"1", "shared"}
    assert names(release) == {"retail.duckdb", "parquet", "operations", "merchants", "release.json"}
    found = [marts_of(place)["merchant_cases"] for place in (release / "merchants").iterdir()]
    assert len(found) == 3 + len(HOSTILE)
    assert sorted(rows[0] for rows in found if len(rows) == 1) == sorted((n, f"of {n}", 0) for n in HOSTILE)
    assert all(path.resolve().is_relative_to(platform.lake.releases) for path in release.rglob("*"))
    publication = publish(platform=platform, as_of=AS_OF, run_id="a-run")
    assert names(platform.lake.releases) == {"1", "shared"}, "nothing has changed"
    finding = publication.readers_finding()
    assert not finding.passed
    assert finding.advice.startswith(f"{len(HOSTILE)} ids of readers cannot name a folder")
    folders = dict(finding.figures["readers"].select("id", "folder").iter_rows())
    for name in HOSTILE:
        assert marts_of(release / folders[repr(name)]) == {"merchant_cases": [(name, f"of {name}", 0)]}


def test_until_it_is_whole_nobody_else_may_enter_a_release(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
):
    modes, manifests = [], []

    def write(*arguments: Any, folder: Path, **others: Any) -> None:
        write_database(*arguments, folder=folder, **others)
        modes.append(folder.stat().st_mode & 0o777)

    def let_in(folder: Path, groups: Mapping[str, str]) -> None:
        set_access(folder, groups)
        manifests.extend(file.stat().st_mode & 0o777 for file in folder.glob("release.json"))

    monkeypatch.setattr(publishing, "write_database", write)
    monkeypatch.setattr(publishing, "set_access", let_in)
    assert run(platform).stat().st_mode & 0o777 == 0o755
    assert modes == [0o700] * 5
    assert manifests == [0o600]


def test_a_group_that_does_not_exist_is_named_with_the_setting(
    tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("RETAIL_AUDIENCE_GROUPS", '{"operations": "no-such-group"}')
    platform = platform_in(tmp_path / "data", made)
    sentence = "no group no-such-group, which RETAIL_AUDIENCE_GROUPS names for operations"
    with pytest.raises(PublicationError, match=sentence):
        run(platform)
    assert not platform.lake.published.exists()
    assert not list(platform.lake.releases.iterdir())


def test_a_group_for_an_audience_that_does_not_exist_is_named_too(tmp_path: Path, made: Path):
    platform = platform_in(tmp_path / "data", made, audience_groups={"operation": groups()[0]})
    with pytest.raises(PublicationError, match="the audience operation, but there are analysts, operations"):
        run(platform)


def test_a_group_for_one_reader_of_an_audience_that_has_one_folder_is_named_too(tmp_path: Path, made: Path):
    platform = platform_in(tmp_path / "data", made, audience_groups={"operations/M1": groups()[0]})
    with pytest.raises(PublicationError, match="names operations/M1, but operations have one folder for all"):
        run(platform)


def test_a_group_that_the_platform_may_not_give_to_is_named_too(
    tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: Any) -> None:
        raise PermissionError

    operations, *_ = groups()
    platform = platform_in(tmp_path / "data", made, audience_groups={"operations": operations})
    monkeypatch.setattr(os, "chown", refuse)
    with pytest.raises(
        PublicationError,
        match=rf"may not give the folder of operations to the group {operations}.*member of that",
    ):
        run(platform)
