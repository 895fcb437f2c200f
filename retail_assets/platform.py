"""What a flow is, and the platform that flows make up.

A `Flow` describes one business capability as plain data: which feeds, drops, decisions, computed tables, models and
marts are its own. `flows.py` lists the flows; a `Platform` is that list with its settings, and everything that must
know all flows is handed it. Code of a flow is named by an entry point, `package.module:function`, and loaded when
it is asked for, so that the description costs nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from retail_assets.audiences import ANALYSTS, Audience
from retail_assets.config import FlowSettings, Settings
from retail_assets.contract import Feed
from retail_assets.kit.lake_table import LakeTable
from retail_assets.lake import Lake

if TYPE_CHECKING:
    from retail_assets.decisions.kinds import Kind
    from retail_assets.intake.handlers import Handlers
    from retail_assets.models.spec import ModelSpec

EntryPoint = str
"""`package.module:name` of a function or an object."""

_Settings = TypeVar("_Settings", bound=FlowSettings)


@dataclass(frozen=True)
class Mart:
    """A table that people read: a dbt model of the layer `marts`, or a published table of the lake."""

    name: str
    audience: Audience = ANALYSTS
    by_month: str | None = None
    """A long mart: its Parquet is cut by the month of this date column, so that unchanged months are linked."""
    in_database: bool = True
    """Whether the audience's DuckDB file holds it as a table too. The longest are too long to copy every night."""


@dataclass(frozen=True)
class Flow:
    """One business capability."""

    name: str
    """Its group in the UI, and the folder of its models in the dbt project."""
    description: str
    settings: type[FlowSettings] | None = None
    dbt_settings: tuple[str, ...] = ()
    """Names of its settings that dbt models read with the macro `setting`."""
    feeds: tuple[Feed, ...] = ()
    handlers: Mapping[str, EntryPoint] = field(default_factory=dict)
    """Name -> `(platform) -> Handler`: how its drops come in. Each has a sensor of its name."""
    decisions: EntryPoint | None = None
    """`(platform) -> list[Kind]`: the kinds of decision that it brings."""
    tables: tuple[LakeTable, ...] = ()
    """Tables that it computes and keeps in the lake."""
    models: EntryPoint | None = None
    """`(platform) -> list[ModelSpec]`: the models that it trains and scores with."""
    marts: tuple[Mart, ...] = ()
    samples: tuple[EntryPoint, ...] = ()
    """`(sample, drops) -> None`, in order: what the sample retailer drops, and what is true of it."""
    sample_files: EntryPoint | None = None
    """`(platform) -> None`: what the sample retailer has beside its inbox."""
    truth: EntryPoint | None = None
    """`(platform, truth) -> list[TruthFound]`: how much of that the platform found."""
    assets: EntryPoint | None = None
    """`(platform) -> dg.Definitions`: its assets, checks, jobs and schedules."""


class Platform:
    """The flows of one deployment, with its settings."""

    def __init__(
        self, settings: Settings, flows: Sequence[Flow], own: Mapping[type[FlowSettings], FlowSettings] = {}
    ) -> None:
        self.settings = settings
        self.flows = tuple(flows)
        self.lake = Lake(settings.data_dir)
        self._own = dict(own)

    def settings_of(self, group: type[_Settings]) -> _Settings:
        """A flow's settings, from the environment where they were not given."""
        if group not in self._own:
            self._own[group] = group()
        return self._own[group]  # ty: ignore[invalid-explicit-return]

    @cached_property
    def feeds(self) -> dict[str, Feed]:
        """Every feed by name."""
        return _by_name([feed for flow in self.flows for feed in flow.feeds], "feed")

    @cached_property
    def tables(self) -> dict[str, LakeTable]:
        """Every computed table by name."""
        return _by_name([table for flow in self.flows for table in flow.tables], "table")

    @cached_property
    def marts(self) -> dict[str, Mart]:
        """Every mart by name."""
        return _by_name([mart for flow in self.flows for mart in flow.marts], "mart")

    @cached_property
    def models(self) -> "dict[str, ModelSpec]":
        """Every model by name."""
        return _by_name([spec for flow in self.flows for spec in self._brought(flow.models)], "model")

    @cached_property
    def decision_kinds(self) -> "dict[str, Kind]":
        """Every kind of decision by name."""
        return _by_name(
            [kind for flow in self.flows for kind in self._brought(flow.decisions)], "kind of decision"
        )

    def handlers(self) -> "Handlers":
        """The handlers as they are now: source mappings are read when this is called."""
        from retail_assets.intake.handlers import Handlers

        return Handlers([load(one)(self) for one in self.handler_entry_points.values()])

    @cached_property
    def handler_entry_points(self) -> dict[str, EntryPoint]:
        """Name of every handler and where it is made, without making any."""
        return {name: code for flow in self.flows for name, code in flow.handlers.items()}

    def flow_of_feed(self, feed: str) -> Flow:
        return next(flow for flow in self.flows if any(one.name == feed for one in flow.feeds))

    def _brought(self, code: EntryPoint | None) -> list[Any]:
        return list(load(code)(self)) if code else []


def load(code: EntryPoint) -> Callable[..., Any]:
    """The function or object that an entry point names."""
    module, _, name = code.partition(":")
    return getattr(import_module(module), name)


def _by_name(things: list[Any], what: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for thing in things:
        if thing.name in found:
            raise ValueError(f"Two flows bring a {what} named {thing.name}.")
        found[thing.name] = thing
    return found
