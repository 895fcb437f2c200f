"""Manifests made by hand."""

from collections.abc import Collection
from typing import Any

from retail_assets.warehouse.manifest import DataTest, Manifest, Model


def model(name: str, *, parents: Collection[str] = (), **values: Any) -> Model:
    """A model; sets may be given as lists."""
    given: dict[str, Any] = {
        "layer": "marts",
        "flow": "sales",
        "description": "",
        "columns": {},
        "file": f"models/{name}.sql",
        "reads_ledger": False,
    }
    given |= values | {key: frozenset(values.get(key, ())) for key in ("feeds", "tables", "clocks")}
    relation = f'"warehouse"."marts"."{name}"'
    return Model(
        name=name, unique_id=f"model.retail.{name}", relation=relation, parents=frozenset(parents), **given
    )


def data_test(name: str, *parents: str, is_warning: bool = False) -> DataTest:
    """A test that looks at some models."""
    return DataTest(name, f"test.retail.{name}", f"{name} holds.", is_warning, frozenset(parents))


def manifest(*models: Model, code: str = "") -> Manifest:
    return Manifest({one.name: one for one in models}, code=code)
