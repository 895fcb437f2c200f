"""dbt's manifest as the platform reads it: models with their layer, flow, parents and data tests.

The manifest is dbt's documented artifact (schema v12). Reading it takes milliseconds, where the packages that could
read it for us take longer to import than everything else in the code location together.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from retail_assets.errors import ExplainedError
from retail_assets.kit.lake_table import LakeTable

MARTS, INTERMEDIATE, STAGING = "marts", "intermediate", "staging"
AS_OF, NOW, HAS_COME = "as_of", "now", "has_come"
CLOCKS = (AS_OF, NOW)
"""Macros of the project that say what day, or moment, it is."""
FIRST_STEP, LAST_STEP = "warehouse_before_python", "warehouse"
"""The runs of dbt of a night."""


class NoManifest(ExplainedError):
    """The project was not parsed yet."""


class ThirdRun(ExplainedError):
    """dbt would have to run more than twice a night; the text names what stands in the way."""


@dataclass(frozen=True)
class DataTest:
    """A test of the data of one model."""

    name: str
    unique_id: str
    description: str
    is_warning: bool
    parents: frozenset[str]
    """All models that it looks at."""
    key: tuple[str, ...] = ()
    """Of a test of the grain the columns that no two rows have in common."""


@dataclass(frozen=True)
class Model:
    """A model of the project."""

    name: str
    unique_id: str
    layer: str
    flow: str
    """The folder below its layer: the business capability it belongs to."""
    description: str
    columns: Mapping[str, str]
    """Described columns, in the order of the description."""
    file: str
    """Within the project."""
    relation: str
    parents: frozenset[str]
    """Names of models."""
    feeds: frozenset[str]
    """Names of sources in the lake: rows of feeds, documents, rejects and flags."""
    tables: frozenset[str]
    """Names of sources that flows compute."""
    reads_ledger: bool
    """Other than for which rows of a feed are loaded."""
    clocks: frozenset[str] = frozenset()
    """Which of the macros `as_of` and `now` its SQL asks."""
    materialized: str = "table"
    sources: tuple[str, ...] = ()
    """All of its sources as `source.table`."""
    tests: tuple[DataTest, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """What names a row, as its grain test has it."""
        return next((test.key for test in self.tests if test.key), ())


@dataclass(frozen=True)
class Manifest:
    """The models of a parsed project by name."""

    models: Mapping[str, Model]
    source_relations: Mapping[str, str] = field(default_factory=dict)
    """Relations of sources by `source.table`."""
    code: str = ""
    """A fingerprint of all models, tests and sources with their settings and descriptions."""

    @cached_property
    def _children(self) -> dict[str, set[str]]:
        children: dict[str, set[str]] = {name: set() for name in self.models}
        for model in self.models.values():
            for parent in model.parents:
                children[parent].add(model.name)
        return children

    def in_order(self, names: Iterable[str]) -> list[str]:
        """Models after what they are built from."""
        wanted = set(names)
        parents = {name: self.models[name].parents for name in sorted(self.models)}
        return [name for name in TopologicalSorter(parents).static_order() if name in wanted]

    def parent_relations(self, model: Model) -> list[str]:
        """The relations that a model is built from."""
        return [
            *(self.models[name].relation for name in model.parents),
            *(self.source_relations[name] for name in model.sources),
        ]

    def upstream(self, names: Iterable[str]) -> set[str]:
        """Models and all that they are built from."""
        return _reached(names, lambda name: self.models[name].parents)

    def downstream(self, names: Iterable[str]) -> set[str]:
        """Models and all that is built from them."""
        return _reached(names, lambda name: self._children[name])

    def before_python(self, tables: Mapping[str, LakeTable]) -> set[str]:
        """The models that are built before computed tables are: what those read, and what that is built from.

        Raises ThirdRun when one of them reads a table that is computed from marts itself.
        """
        wanted = {mart for table in tables.values() for mart in table.reads}
        unknown = wanted - self.models.keys()
        if unknown:
            raise ThirdRun(
                f"Computed tables read marts that dbt does not build: {', '.join(sorted(unknown))}."
            )
        first = self.upstream(wanted)
        for name in sorted(first):
            late = [
                table for table in sorted(self.models[name].tables) if table in tables and tables[table].reads
            ]
            if late:
                raise ThirdRun(
                    f"{name} is read by a computed table and reads {', '.join(late)}, which is computed from marts "
                    "itself: dbt runs at most twice a night. Read another mart, or compute both tables in Python."
                )
        return first

    def tests_at_the_end(self, first: Collection[str]) -> "Manifest":
        """The same, where a data test that looks at models of both runs of dbt belongs to one of the second."""
        tests: dict[str, list[DataTest]] = {name: [] for name in self.models}
        for model in self.models.values():
            for test in model.tests:
                later = test.parents - set(first)
                if model.name in first and later:
                    words = f"{model.name}: {test.description}"
                    tests[min(later)].append(replace(test, description=words))
                else:
                    tests[model.name].append(test)
        models = {name: replace(model, tests=tuple(tests[name])) for name, model in self.models.items()}
        return replace(self, models=models)


def _reached(names: Iterable[str], step: Any) -> set[str]:
    found, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += step(name)
    return found


def read_manifest(project: Path) -> Manifest:
    """The manifest of a dbt project. Raises NoManifest before set-up has parsed it."""
    file = project / "target" / "manifest.json"
    if not file.exists():
        raise NoManifest(f"{project} was not parsed yet: run `make setup`.")
    content = json.loads(file.read_text(encoding="utf-8"))
    nodes: Mapping[str, Any] = content["nodes"]
    tests: dict[str, list[DataTest]] = {}
    for node in nodes.values():
        if node["resource_type"] == "test" and node.get("attached_node"):
            tests.setdefault(node["attached_node"], []).append(_test(node, nodes))
    models = {
        node["name"]: _model(node, content, tests.get(node["unique_id"], []))
        for node in nodes.values()
        if node["resource_type"] == "model"
    }
    relations = {_source_name(one): one["relation_name"] for one in content["sources"].values()}
    code = [
        (name, one.get("raw_code"), one["config"], one["description"], one["columns"])
        for name, one in sorted({**nodes, **content["sources"]}.items())
    ]
    macros = [
        (name, macro["macro_sql"]) for name, macro in sorted(content["macros"].items()) if ".retail." in name
    ]
    digest = hashlib.sha256(json.dumps([code, macros], sort_keys=True).encode()).hexdigest()
    return Manifest(models, relations, digest)


def _source_name(source: Mapping[str, Any]) -> str:
    return f"{source['source_name']}.{source['name']}"


def _model(node: Mapping[str, Any], content: Mapping[str, Any], tests: list[DataTest]) -> Model:
    nodes, sources, macros = content["nodes"], content["sources"], content["macros"]
    parents = node["depends_on"]["nodes"]
    read = [sources[parent] for parent in parents if parent in sources]
    _, layer, *folders, _ = node["fqn"]
    return Model(
        name=node["name"],
        unique_id=node["unique_id"],
        layer=layer,
        flow=folders[0] if folders else layer,
        description=" ".join(node["description"].split()),
        columns={name: " ".join(c["description"].split()) for name, c in node["columns"].items()},
        file=node["original_file_path"],
        relation=node["relation_name"],
        parents=frozenset(nodes[parent]["name"] for parent in parents if parent in nodes),
        feeds=frozenset(one["name"] for one in read if one["source_name"] == "feeds"),
        tables=frozenset(one["name"] for one in read if one["source_name"] == "lake"),
        materialized=node["config"]["materialized"],
        sources=tuple(_source_name(one) for one in read),
        reads_ledger=any(one["source_name"] == "ledger" and one["name"] != "loads" for one in read),
        clocks=frozenset(
            name
            for macro in _reached(node["depends_on"]["macros"], lambda one: _called(macros, one))
            if (name := macros[macro]["name"]) in CLOCKS
        ),
        tests=tuple(sorted(tests, key=lambda test: test.name)),
    )


def _called(macros: Mapping[str, Any], macro: str) -> list[str]:
    """What a macro calls. Rows whose day has come are found without asking which day it is (see changes.py)."""
    return [] if macros[macro]["name"] == HAS_COME else macros[macro]["depends_on"]["macros"]


def _test(node: Mapping[str, Any], nodes: Mapping[str, Any]) -> DataTest:
    return DataTest(
        name=node["name"],
        unique_id=node["unique_id"],
        description=node["description"] or _in_words(node),
        is_warning=node["config"]["severity"].lower() == "warn",
        parents=frozenset(nodes[one]["name"] for one in node["depends_on"]["nodes"] if one in nodes),
        key=_key(node),
    )


def _key(node: Mapping[str, Any]) -> tuple[str, ...]:
    kind, columns = _kind(node)["name"], _kind(node)["kwargs"].get("columns", ())
    return (
        (node["column_name"],) if kind == "unique" else tuple(columns) if kind == "unique_combination" else ()
    )


def _kind(node: Mapping[str, Any]) -> Mapping[str, Any]:
    return node.get("test_metadata") or {"name": node["name"], "kwargs": {}}


def _in_words(node: Mapping[str, Any]) -> str:
    """What a test demands, as a sentence."""
    kind = _kind(node)
    given, column = kind["kwargs"], node.get("column_name")
    match kind["name"]:
        case "not_null":
            return f"{column} is never null."
        case "unique":
            return f"{column} is different in every row."
        case "unique_combination":
            return f"There is one row per {', '.join(given['columns'])}."
        case "accepted_values":
            return f"{column} is one of {', '.join(map(str, given['values']))}."
        case "relationships":
            parent = str(given["to"]).removeprefix("ref('").removesuffix("')")
            return f"Every {column} is in {parent}."
        case "none_inferred":
            return "No row stands for something that others name and nobody described."
        case "none_without_lines":
            return "No order is known by its head only."
        case "none_over_credited":
            return "Of no order more is given back than was sold."
        case "none_of_several_sources":
            return (
                "No order that lines of the night belong to has lines of several sources. Where two sources number "
                "alike, tell them apart with `own_ids` in a mapping (docs/bring-a-source.md)."
            )
        case "none_waiting":
            return "No row is dated after the night."
    return str(kind["name"]).replace("_", " ") + "."
