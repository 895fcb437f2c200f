"""The Postgres configuration: runs, events, schedules, the ledger and MLflow on a real server, whose password nobody
reads anywhere."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import sqlalchemy

from retail_assets.config import REPOSITORY
from retail_assets.refunds.model import REFUND_ITEM_CLASSIFIER
from tests.faults.night import NIGHT, drop
from tests.prepared import require_success, start
from tests.secret import SECRET, files_with_secret, tables_with_secret, watched_command_lines, with_secret


def _values(url: str, query: str) -> list:
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(sqlalchemy.text(query)).scalars().all()
    engine.dispose()
    return list(found)


def test_a_night_on_postgres(
    tmp_path: Path, postgres_database: Callable[[str], str], postgres_server: dict[str, str]
) -> None:
    dagster, platform, mlflow = (postgres_database(name) for name in ("dagster", "platform", "mlflow"))
    home = tmp_path / "dagster"
    home.mkdir()
    configuration = (REPOSITORY / "deploy" / "dagster-postgres.yaml").read_text()
    (home / "dagster.yaml").write_text(
        configuration.replace("port: 5432", f"port: {postgres_server['port']}")
    )
    drop(tmp_path, "stores", "stores.csv", "store_id,name\nS1,One\n")
    servers = {
        "RETAIL_PLATFORM_URL": with_secret(platform),
        "RETAIL_MLFLOW_URL": with_secret(mlflow),
        "DAGSTER_PG_HOST": "127.0.0.1",
        "DAGSTER_PG_USERNAME": postgres_server["user"],
        "DAGSTER_PG_PASSWORD": SECRET,  # not asked for: the test server trusts its own machine
        "DAGSTER_PG_DB": dagster.rsplit("/", 1)[1],
    }
    with watched_command_lines() as shown:
        night = start("nightly", tmp_path, "--as-of", NIGHT, **servers)
        require_success("nightly", tmp_path, night)
        models = start("model_registry", tmp_path, "promote", f"{REFUND_ITEM_CLASSIFIER}/1", **servers)
        require_success("model_registry", tmp_path, models)
    assert (shown, files_with_secret(tmp_path), tables_with_secret([dagster, platform, mlflow])) == (
        [],
        [],
        [],
    )
    assert _values(dagster, "select status from runs") == ["SUCCESS"]
    assert _values(platform, "select distinct state from drops") == ["loaded"]
    champions = "select name || '/' || version from registered_model_aliases where alias = 'champion'"
    assert _values(mlflow, champions) == ["escalation-risk/1", "refund-item-classifier/1"]
    assert not (tmp_path / "data" / "mlflow" / "mlflow.db").exists()
    assert not (tmp_path / "data" / "platform.db").exists()
    with duckdb.connect(
        str((tmp_path / "data" / "published").resolve() / "retail.duckdb"), read_only=True
    ) as con:
        assert con.execute("select store_id from stores").fetchall() == [("S1",)]
        versions = con.execute("select model, version, origin from model_versions where is_champion")
        assert versions.fetchall() == [
            (name, 1, "packaged") for name in ("escalation-risk", "refund-item-classifier")
        ]
