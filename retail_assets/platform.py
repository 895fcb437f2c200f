"""What a flow is, and the platform that flows make up.

A `Flow` describes one business capability as plain data: which feeds, drops, decisions, computed tables, models and
marts are its own. `flows.py` lists the flows; a `Platform` is that list with its settings, and everything that must
know all flows is handed it. Code of a flow is named by an entry point, `package.module:function`, and loaded when
it is asked for, so that the description costs nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from retail_assets.audiences import ANALYSTS, Audience
from retail_assets.config import FlowSettings, Settings
from retail_assets.contract import Feed
from retail_assets.kit.lake_table import LakeTable
from retail_assets.lake import Lake
from retail_assets.names import NameTaken, by_name

if TYPE_CHECKING:
    from retail_assets.decisions.kinds import Kind
    from retail_assets.intake.handlers import Handlers
    from retail_assets.models.spec import ModelSpec

EntryPoint = str
"""`package.module:name` of a function or an object."""

_Settings = TypeVar("_Settings", bound=FlowSettings)


@dataclass(frozen=True)
class RowFiles:
    """Of a mart that people take row by row: each row is a file as well, in a folder of its audience's place."""

    folder: str
    name: str
    """Column that names the files; what cannot be the name of one is replaced by its hash."""
    content: str
    """Column with the text that they hold."""
    suffix: str = ".json"
    """What their names end with."""


@dataclass(frozen=True)
class Mart:
    """A table that people read: a dbt model of the layer `marts`, or a published table of the lake."""

    name: str
    audience: Audience = ANALYSTS
    by_month: str | None = None
    """A long mart: its Parquet is cut by the month of this date column, so that unchanged months are linked."""
    in_database: bool = True
    """Whether the audience's DuckDB file holds it as a table too. The longest are too long to copy every night: there
    they are views over their Parquet."""
    names: str | None = None
    """The id whose names its column `name` has: other marts with that id have a view with the name beside it."""
    may_shrink: bool = False
    """Whether it is natural that it loses most of its rows from one release to the next: open cases, a window of days.
    Of any other mart publication is refused until somebody accepts that."""
    macro: str | None = None
    """A query over it that the audience's DuckDB file offers: `name(parameters) as table select …`."""
    row_files: RowFiles | None = None
    """For an audience with one place for all."""


@dataclass(frozen=True)
class Flow:
    """One business capability."""

    name: str
    """Its group in the UI, and the folder of its models in the dbt project."""
    description: str
    settings: type[FlowSettings] | None = None
    dbt_settings: tuple[str, ...] = ()
    """Names of its settings that dbt models read with the macro `setting`."""
    dbt_constants: Mapping[str, Any] = field(default_factory=dict)
    """Name -> list or mapping of texts and numbers that dbt models read with the macro `constant`: rules that Python
    states."""
    feeds: tuple[Feed, ...] = ()
    handlers: Mapping[str, EntryPoint] = field(default_factory=dict)
    """Name -> `(platform) -> Handler`: how its drops come in. Each has a sensor of its name."""
    decisions: EntryPoint | None = None
    """`(platform) -> list[Kind]`: the kinds of decision that it brings."""
    tables: tuple[LakeTable, ...] = ()
    """Tables that it computes and keeps in the lake. At the first, drops of its handlers in quarantine warn."""
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
        """Raises NameTaken where two flows give one name to different things."""
        self.settings = settings
        self.flows = tuple(flows)
        self.lake = Lake(settings.data_dir)
        self._own = dict(own)
        self._require_distinct_declarations()

    def settings_of(self, group: type[_Settings]) -> _Settings:
        """A flow's settings, from the environment where they were not given."""
        if group not in self._own:
            self._own[group] = group()
        return self._own[group]  # ty: ignore[invalid-explicit-return]

    @cached_property
    def feeds(self) -> dict[str, Feed]:
        """Every feed by name."""
        return self._by_name("feed", lambda flow: flow.feeds)

    @cached_property
    def tables(self) -> dict[str, LakeTable]:
        """Every computed table by name."""
        return self._by_name("computed table", lambda flow: flow.tables)

    @cached_property
    def dbt_constants(self) -> dict[str, Any]:
        """Every constant of dbt by name."""
        brought = (
            (name, flow.name, value) for flow in self.flows for name, value in flow.dbt_constants.items()
        )
        return by_name("constant of dbt", brought)

    @cached_property
    def marts(self) -> dict[str, Mart]:
        """Every mart by name."""
        return self._by_name("mart", lambda flow: flow.marts)

    @cached_property
    def models(self) -> "dict[str, ModelSpec]":
        """Every model by name."""
        found = self._by_name("model", lambda flow: self._brought(flow.models))
        by_name("short name of a model", ((spec.short_name, spec.flow, spec) for spec in found.values()))
        return found

    @cached_property
    def decision_kinds(self) -> "dict[str, Kind]":
        """Every kind of decision by name."""
        brought = {flow.name: self._brought(flow.decisions) for flow in self.flows}
        found = [(kind, flow) for flow, kinds in brought.items() for kind in kinds]
        kinds = by_name("kind of decision", ((kind.name, flow, kind) for kind, flow in found))
        subjects = ((kind.about.name, flow, kind.about) for kind, flow in found)
        by_name("subject of decisions", subjects, shared=True)
        return kinds

    def handlers(self) -> "Handlers":
        """The handlers as they are now: source mappings are read when this is called."""
        from retail_assets.intake.handlers import Handlers

        made = {name: load(code)(self) for name, code in self.handler_entry_points.items()}
        for name, handler in made.items():
            if handler.name != name:
                raise NameTaken(f"The handler {handler.name} is registered as {name}: call it by its name.")
        return Handlers(list(made.values()))

    @cached_property
    def handler_entry_points(self) -> dict[str, EntryPoint]:
        """Name of every handler and where it is made, without making any."""
        brought = ((name, flow.name, code) for flow in self.flows for name, code in flow.handlers.items())
        return by_name("handler", brought)

    @cached_property
    def handler_tables(self) -> dict[str, str]:
        """Handler -> the first computed table of its flow: where its drops in quarantine warn."""
        return {name: flow.tables[0].name for flow in self.flows if flow.tables for name in flow.handlers}

    def require_distinct_names(self) -> None:
        """Raises NameTaken where the code of two flows gives one name to different things.

        What they declare as data is compared when the platform is made, without loading their code.
        """
        _ = self.models, self.decision_kinds, self.handlers()

    def flow_of_feed(self, feed: str) -> Flow:
        return next(flow for flow in self.flows if any(one.name == feed for one in flow.feeds))

    def _require_distinct_declarations(self) -> None:
        self._by_name("flow", lambda flow: [flow])
        _ = self.feeds, self.tables, self.marts, self.handler_entry_points, self.dbt_constants
        feeds = [(flow.name, feed) for flow in self.flows for feed in flow.feeds]
        by_name("inbox folder", ((feed.folder, flow, feed) for flow, feed in feeds))
        by_name("place in the inbox", ((feed.inbox, flow, feed) for flow, feed in feeds))
        groups = [
            ("the platform", Settings),
            *((one.name, one.settings) for one in self.flows if one.settings),
        ]
        variables = ((name, whose, group) for whose, group in groups for name in group.variables())
        by_name("environment variable", variables, shared=True)

    def _by_name(self, what: str, brought: Callable[[Flow], Iterable[Any]]) -> dict[str, Any]:
        return by_name(what, ((one.name, flow.name, one) for flow in self.flows for one in brought(flow)))

    def _brought(self, code: EntryPoint | None) -> list[Any]:
        return list(load(code)(self)) if code else []


def load(code: EntryPoint) -> Callable[..., Any]:
    """The function or object that an entry point names."""
    module, _, name = code.partition(":")
    return getattr(import_module(module), name)
