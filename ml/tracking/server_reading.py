"""A registry read from an MLflow server, through its REST API. Of what the server says, nothing is believed that MLflow
would not say.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, Field

from ml.tracking.registry import Version
from ml.tracking.server_files import require_own_place
from ml.tracking.server_session import Conversation

_API = "mlflow/"
SECONDS = 60
ANSWER_BYTES = 2**26
"""Of all pages of a question."""
PAGE, PAGES = 1_000, 1_000

_Number = Annotated[int, Field(ge=1, lt=2**31)]
_Milliseconds = Annotated[int, Field(ge=0, lt=253_402_300_800_000)]
"""Before the year 10000."""


class _Alias(BaseModel):
    alias: str
    version: _Number


class _Tag(BaseModel):
    key: str
    value: str = ""


class _Model(BaseModel):
    name: str
    aliases: list[_Alias] = []


class _Version(BaseModel):
    name: str
    version: _Number
    creation_timestamp: _Milliseconds
    run_id: str = ""
    tags: list[_Tag] = []


class _Page(BaseModel):
    next_page_token: str = ""


class _Models(_Page):
    registered_models: list[_Model] = []


class _Versions(_Page):
    model_versions: list[_Version] = []


class _Location(BaseModel):
    artifact_uri: str


_Pages = TypeVar("_Pages", bound=_Page)


@dataclass(frozen=True)
class ServerReader:
    """Reads the registry of the server at an address."""

    url: str

    def require_reachable(self) -> None:
        self._conversation().ask(_Models, _API + "registered-models/search", max_results=1)

    def versions(self, model: str | None) -> list[Version]:
        only = {} if model is None else {"filter": f"name = '{model}'"}
        conversation = self._conversation()
        aliases: dict[tuple[str, int], list[str]] = defaultdict(list)
        for models in self._pages(conversation, _Models, "registered-models/search", **only):
            for found in models.registered_models:
                for one in found.aliases:
                    aliases[found.name, one.version].append(one.alias)
        versions = [
            Version(
                model=found.name,
                number=found.version,
                registered_at=datetime.fromtimestamp(found.creation_timestamp / 1000, UTC),
                run_id=found.run_id or None,
                aliases=tuple(sorted(aliases[found.name, found.version])),
                tags={tag.key: tag.value for tag in found.tags},
            )
            for page in self._pages(conversation, _Versions, "model-versions/search", **only)
            for found in page.model_versions
            if model in (None, found.name)
        ]
        return sorted(versions, key=lambda version: (version.model, version.number))

    def location(self, version: Version) -> str:
        asked = {"name": version.model, "version": version.number}
        found = self._conversation().ask(_Location, _API + "model-versions/get-download-uri", **asked)
        require_own_place(self.url, found.artifact_uri)
        return found.artifact_uri

    def _conversation(self) -> Conversation:
        return Conversation(self.url, seconds=SECONDS, max_bytes=ANSWER_BYTES)

    def _pages(
        self, conversation: Conversation, kind: type[_Pages], path: str, **asked: object
    ) -> Iterator[_Pages]:
        token = ""
        for _ in range(PAGES):
            page = conversation.ask(kind, _API + path, max_results=PAGE, page_token=token, **asked)
            yield page
            if page.next_page_token in ("", token):
                return
            token = page.next_page_token
        raise conversation.refused(f"its answer has more than {PAGES:,} pages")
