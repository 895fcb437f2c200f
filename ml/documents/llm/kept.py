"""Answers kept in a folder, by the hash of the whole question: the same document is never asked about twice."""

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from ml.documents.llm.budget import Usage
from ml.documents.llm.client import Said
from ml.documents.llm.schema import Answer


class KeptAnswers:
    """In memory for a run, and in a folder where there is one."""

    def __init__(self, folder: Path | None):
        self._folder = folder
        self._known: dict[str, Said] = {}

    def get(self, key: str) -> Said | None:
        if (said := self._known.get(key)) is not None or self._folder is None:
            return said
        try:
            kept = json.loads(self._path(key).read_text(encoding="utf-8"))
            answer = None if kept["answer"] is None else Answer.model_validate(kept["answer"])
            return Said(answer, str(kept["why"]), Usage(int(kept["input"]), int(kept["output"])), final=True)
        except (OSError, ValueError, KeyError, TypeError):  # none, one of another version, or a damaged one
            return None

    def keep(self, key: str, said: Said) -> None:
        self._known[key] = said
        if self._folder is not None:
            # An answer that cannot be kept is one all the same.
            with suppress(OSError):
                self._write(key, said)

    def _write(self, key: str, said: Said) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(
                {
                    "answer": said.answer and said.answer.model_dump(),
                    "why": said.why,
                    "input": said.used.input,
                    "output": said.used.output,
                },
                file,
                ensure_ascii=False,
            )
        Path(temporary).replace(path)

    def _path(self, key: str) -> Path:
        assert self._folder is not None
        return self._folder / key[:2] / f"{key}.json"
