"""`python -m ml.documents`: fields and rows of invoices in PDFs, scans and e-invoices."""

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path

from ml.arguments import positive, positive_number
from ml.documents.llm.settings import (
    BASE_URL,
    DEFAULT_MODEL,
    KEY,
    MODEL,
    MODES,
    Settings,
    key_for,
)
from ml.errors import ExplainedError
from ml.terminal import progress_bar, say

ENGINES = ("auto", "tesseract", "rapidocr")


class Refused(ExplainedError):
    """Options that cannot be followed."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ml.documents", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _extract_parser(commands)
    parsed = parser.parse_args(arguments)
    try:
        return parsed.run(parsed)
    except BrokenPipeError:  # whoever reads the rows has seen enough (`| head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ExplainedError, OSError) as error:
        say(str(error), "red")
        return 1
    except KeyboardInterrupt:
        return 130


def _extract_parser(commands) -> None:
    parser = commands.add_parser(
        "extract", help="read invoices", description=_extract.__doc__, allow_abbrev=False
    )
    parser.set_defaults(run=_extract)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files, or folders of files")
    parser.add_argument("--out", type=Path, metavar="FILE.jsonl", help="write here; default: print")
    parser.add_argument("--engine", choices=ENGINES, default="auto", help="of text recognition")
    parser.add_argument(
        "--llm",
        choices=MODES,
        default="auto",
        help=f"a language model: auto, when {KEY} is set",
    )
    parser.add_argument("--no-xml", action="store_true", help="read the pages, not the XML embedded in PDFs")
    parser.add_argument(
        "--jobs", type=positive, default=0, metavar="N", help="processes; default: one a core"
    )
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="FOLDER",
        help="keep recognised pages and answers of the language model here, and use those there",
    )
    _language_model_options(parser.add_argument_group("language model"))


def _language_model_options(group) -> None:
    group.add_argument("--llm-model", metavar="NAME", help=f"default: {MODEL}, else {DEFAULT_MODEL}")
    group.add_argument(
        "--llm-tokens", type=positive, default=Settings.most_tokens, metavar="N", help="that a run may take"
    )
    group.add_argument("--llm-cost", type=_amount, metavar="AMOUNT", help="that a run may cost; needs prices")
    group.add_argument(
        "--llm-prices", type=_amount, nargs=2, metavar=("INPUT", "OUTPUT"), help="of a million tokens"
    )
    group.add_argument(
        "--llm-seconds", type=positive_number, default=Settings.seconds, metavar="N", help="for one try"
    )
    group.add_argument(
        "--llm-retries", type=_count, default=Settings.retries, metavar="N", help="after a try that failed"
    )
    group.add_argument(
        "--llm-jobs",
        type=positive,
        default=Settings.side_by_side,
        metavar="N",
        help="documents that are asked about at a time",
    )


def _amount(text: str) -> Decimal:
    positive_number(text)
    return Decimal(text)


def _count(text: str) -> int:
    return 0 if text == "0" else positive(text)


def _language_model(parsed: argparse.Namespace) -> Settings | None:
    """None where none is to be asked."""
    key = key_for(parsed.llm)
    if key is None:
        return None
    prices = parsed.llm_prices or (None, None)
    return Settings(
        key,
        parsed.llm_model or os.environ.get(MODEL) or DEFAULT_MODEL,
        os.environ.get(BASE_URL) or None,
        parsed.llm_seconds,
        parsed.llm_seconds * (parsed.llm_retries + 1),
        parsed.llm_retries,
        parsed.llm_jobs,
        parsed.llm_tokens,
        parsed.llm_cost,
        *prices,
        kept=parsed.cache / "answers" if parsed.cache else None,
    )


def _extract(parsed: argparse.Namespace) -> int:
    """One JSON object a document. A file that cannot be read has an error and never stops the rest."""
    settings = _language_model(parsed)
    from ml.documents.batch import answers, found_files
    from ml.documents.document import Options
    from ml.documents.reading import second_engine, tesseract

    if parsed.engine == "rapidocr" and not second_engine.available():
        raise Refused("RapidOCR is not installed: install the extra `ocr`, or take --engine tesseract")
    files = found_files(parsed.paths)
    if not files:
        say("No files found.", "red")
        return 1
    if not tesseract.available():
        say(
            "Tesseract is not installed: scans and images will fail, text PDFs and e-invoices work.", "yellow"
        )
    stage = None
    if settings:
        from ml.documents.llm.stage import Stage

        stage = Stage(settings)
    counts: Counter[str] = Counter()
    options = Options(engine=parsed.engine, xml=not parsed.no_xml, kept=parsed.cache)
    with (
        progress_bar(shown=bool(parsed.out) or not sys.stdout.isatty()) as progress,
        _output(parsed.out) as out,
    ):
        task = progress.add_task("documents", total=len(files))
        for answer in answers(files, options, parsed.jobs, stage):
            out.write(json.dumps(answer, ensure_ascii=False) + "\n")
            counts[answer["status"]] += 1
            progress.advance(task)
    say(
        f"{len(files):,} documents: {counts['auto_confirmable']:,} auto-confirmable, "
        f"{counts['preview']:,} for preview, "
        f"{counts['failed']:,} failed." + (f" Written to {parsed.out}." if parsed.out else "")
    )
    if stage:
        say(f"{stage}.")
    return 0 if counts["failed"] < len(files) else 1


class _output:
    """Standard output, or a file that appears when it is complete."""

    def __init__(self, path: Path | None):
        self.path = path
        self.temporary: str | None = None

    def __enter__(self):
        if self.path is None:
            self.file = sys.stdout
            return self.file
        handle, self.temporary = tempfile.mkstemp(
            dir=self.path.absolute().parent, prefix=f".{self.path.name}."
        )
        self.file = os.fdopen(handle, "w", encoding="utf-8")
        return self.file

    def __exit__(self, kind, error, trace) -> None:
        if self.path is None or self.temporary is None:
            return
        self.file.close()
        if kind is None:
            Path(self.temporary).chmod(0o644)
            Path(self.temporary).replace(self.path)
        else:
            Path(self.temporary).unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
