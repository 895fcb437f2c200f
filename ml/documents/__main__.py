"""`python -m ml.documents`: fields and rows of invoices in PDFs, scans and e-invoices."""

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

from ml.arguments import positive
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
        choices=("auto", "on", "off"),
        default="auto",
        help="a language model: auto, when a key is set",
    )
    parser.add_argument("--no-xml", action="store_true", help="read the pages, not the XML embedded in PDFs")
    parser.add_argument(
        "--jobs", type=positive, default=0, metavar="N", help="processes; default: one a core"
    )
    parser.add_argument(
        "--cache", type=Path, metavar="FOLDER", help="keep recognised pages here, and use those there"
    )


def _extract(parsed: argparse.Namespace) -> int:
    """One JSON object a document. A file that cannot be read has an error and never stops the rest."""
    if parsed.llm == "on":
        raise Refused("The stage of the language model is not built yet; use --llm off or auto")
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
    counts: Counter[str] = Counter()
    options = Options(engine=parsed.engine, xml=not parsed.no_xml, kept=parsed.cache)
    with (
        progress_bar(shown=bool(parsed.out) or not sys.stdout.isatty()) as progress,
        _output(parsed.out) as out,
    ):
        task = progress.add_task("documents", total=len(files))
        for answer in answers(files, options, parsed.jobs):
            out.write(json.dumps(answer, ensure_ascii=False) + "\n")
            counts[answer["status"]] += 1
            progress.advance(task)
    say(
        f"{len(files):,} documents: {counts['auto_confirmable']:,} auto-confirmable, "
        f"{counts['preview']:,} for preview, "
        f"{counts['failed']:,} failed." + (f" Written to {parsed.out}." if parsed.out else "")
    )
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
