"""The stage of the language model: documents as they were read offline, and what a model adds to them.

Reading is hostile and has no secrets (`handover.written` in its process); this has the key and sees texts only.
Whatever the model or its server does, a document keeps its offline answer, with a note that says why.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ml.documents.llm import client, handover, prompt
from ml.documents.llm.budget import Budget
from ml.documents.llm.client import Said
from ml.documents.llm.kept import KeptAnswers
from ml.documents.llm.merge import merge
from ml.documents.llm.seen import Seen
from ml.documents.llm.settings import Settings
from ml.documents.record import Document, Finding

CHECK = "language_model"
PATIENCE = 5
"""Documents in a row that the server fails: after them the rest of the run is offline."""


@dataclass
class Counts:
    """What a run asked."""

    asked: int = 0
    kept: int = 0
    unanswered: int = 0


class Stage:
    """One run's language model with its budget and its kept answers."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.budget = Budget(settings)
        self.counts = Counts()
        self._answers = KeptAnswers(settings.kept)
        self._failed = 0
        self._stopped = ""

    def __str__(self) -> str:
        """What the run came to, for whoever started it."""
        counts, cost = self.counts, self.budget.cost(self.budget.spent)
        return (
            f"{self.settings.model}: {counts.asked:,} asked, {counts.kept:,} answers kept from before, "
            f"{counts.unanswered:,} documents without an answer, {self.budget.spent.tokens:,} tokens"
            + (f", cost {cost}" if cost is not None else "")
        )

    @property
    def version(self) -> str:
        """What its answers hang on, besides the documents."""
        return prompt.key(self.settings.model, self.settings.base_url, self.settings.answer_tokens, [])

    def improved(self, handed: Sequence[dict[str, Any]]) -> list[Document]:
        """The documents that `handover.written` gave, in their order."""
        return asyncio.run(self._all(handed))

    async def _all(self, handed: Sequence[dict[str, Any]]) -> list[Document]:
        free = asyncio.Semaphore(self.settings.side_by_side)
        locks: dict[str, asyncio.Lock] = {}
        async with client.connect(self.settings) as connection:

            async def one(kept: dict[str, Any]) -> Document:
                try:
                    document, seen = handover.taken(kept)
                except Exception:  # a hostile document may have taken over the process that read it
                    return Document("", error="What the process that read it says cannot be understood")
                if document.error is not None or document.invoice is None or not seen.lines:
                    return document
                async with free:
                    said = await self._answer(seen, connection, locks)
                return self._with(said, document, seen, kept)

            return list(await asyncio.gather(*map(one, handed)))

    def _with(self, said: Said, document: Document, seen: Seen, kept: dict[str, Any]) -> Document:
        if said.answer is not None:
            try:
                merge(document, seen, said.answer)
            except Exception as error:  # whatever an answer holds, the offline one is not lost by it
                document, _ = handover.taken(kept)
                said = replace(said, answer=None, why=f"gave an answer of no use ({type(error).__name__})")
        if said.answer is None:
            self.counts.unanswered += 1
            note = f"The language model {said.why}: the answer is the one found offline"
            document.findings.append(Finding(CHECK, "note", note))
        if said.used.tokens and not said.failed:
            document.model = self.settings.model
            document.model_tokens = said.used.tokens
            document.model_cost = self.budget.cost(said.used)
        return document

    async def _answer(self, seen: Seen, connection: Any, locks: dict[str, asyncio.Lock]) -> Said:
        settings = self.settings
        messages = prompt.messages(seen)
        key = prompt.key(settings.model, settings.base_url, settings.answer_tokens, messages)
        # The same document twice in a run waits for the answer to the first.
        async with locks.setdefault(key, asyncio.Lock()):
            said = self._answers.get(key)
            if said is not None:
                self.counts.kept += 1
                return said
            said = await self._said(messages, connection)
            if said.final:
                self._answers.keep(key, said)
            return said

    async def _said(self, messages: list[dict[str, Any]], connection: Any) -> Said:
        if self._stopped:
            return Said(why=f"was not asked any more: it {self._stopped}")
        most = client.most(self.settings, messages)
        if not self.budget.reserve(most):
            return Said(why="was not asked: the budget of the run is used up")
        self.counts.asked += 1
        said = Said()
        try:
            said = await client.ask(connection, self.settings, messages)
        finally:
            self.budget.settle(most, said.used)
        self._failed = self._failed + 1 if said.failed else 0
        if said.hopeless or self._failed >= PATIENCE:
            self._stopped = said.why
        return said
