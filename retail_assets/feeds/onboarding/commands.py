"""The commands for whoever brings a new source.

try      say what would happen to files, and change nothing
propose  write a first source mapping for a file
"""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from retail_assets.error_classification import MachineTrouble, is_full_disk
from retail_assets.errors import MappingError, Unreadable
from retail_assets.feeds.mapping.load import chosen_match, load_mapping, load_sources
from retail_assets.feeds.onboarding.proposing.draft import draft_mapping
from retail_assets.feeds.onboarding.proposing.writing import FILL_IN, mapping_text, try_command
from retail_assets.feeds.onboarding.report import as_document, show
from retail_assets.feeds.onboarding.trying import Tried, files_of, try_file
from retail_assets.feeds.onboarding.unpacking import first_table, unpacked
from retail_assets.intake.archives import SOURCE as ARCHIVE
from retail_assets.names import printable
from retail_assets.platform import Platform

READABLE, QUARANTINE, WRONG = 0, 1, 2
"""Exit codes: all can be read; a file would go to quarantine; the command or a mapping is wrong."""

_JSON = """
exit codes: 0 every file can be read; 1 a file would go to quarantine; 2 the command or a mapping is wrong

--json writes one document; decimals and times are texts, so that they stay exact:
  feed       the feed tried
  files      one entry per file: path, source (the mapping), name_values, notes,
             quarantined (null, or reason and message; then the rest is empty), format, encoding,
             encoding_doubt (null where certain), delimiter, escape, sheets, columns, unknown_columns,
             dropped_columns (those of them that no row has after a reshape), records (as read),
             targets: target, records (after unfolding) = admitted + routed + left_out + duplicate + rejected,
                      flagged (among those admitted or routed), sent_to {feed: records},
                      by_rule {"end/rule": records}, identity (the sum in words)
             admitted: feed, rows, sums {column: total}, amounts {currency: total of line amounts},
                      business_dates (first and last, or null), first (rows)
             samples: target, end, rule, feed, record, place, column, value, raw
  total      files, quarantined, records, targets and admitted of all files together
"""


def main(platform: Platform, arguments: list[str] | None = None) -> int:
    """Run a command; gives its exit code."""
    options = _parser(list(platform.feeds)).parse_args(arguments)
    try:
        return options.run(platform, options)
    except MappingError as error:
        return _failed(str(error), WRONG)
    except Unreadable as error:
        return _failed(f"{error.reason}: {error.message}", QUARANTINE)
    except BrokenPipeError:  # whoever read the output, `head` say, has seen enough
        sys.stdout = None
        return READABLE
    except Exception as error:
        if is_full_disk(error):
            folder = tempfile.gettempdir()
            return _failed(f"No space left in {folder}; free some, or set TMPDIR to a roomier folder.", WRONG)
        if isinstance(error, MachineTrouble):
            return _failed(f"It cannot be read here ({error.strerror}).", WRONG)
        raise


def _failed(message: str, code: int) -> int:
    print(printable(message), file=sys.stderr)
    return code


def _try(platform: Platform, options: argparse.Namespace) -> int:
    settings, feed = platform.settings, platform.feeds[options.feed]
    feeds = tuple(platform.feeds.values())
    chosen = load_mapping(_mapping_file(platform, options.source), feeds) if options.source else None
    sources = load_sources([platform.lake.sources], feeds)
    tried = []
    paths = [file for given in options.paths for file in files_of(given)]
    if not paths:
        return _failed("There are no files in these folders.", WRONG)
    with tempfile.TemporaryDirectory(prefix="retail-try-") as folder:
        for found in (
            one for path in paths for one in unpacked(path, folder=Path(folder), settings=settings)
        ):
            name, refusal = found.shown.name, found.refusal
            if refusal:
                tried.append(Tried(found.shown, ARCHIVE, reason=refusal.reason, message=refusal.message))
                continue
            if chosen is None and (why := sources.why_held(feed.folder, name)):
                return _failed(f"{found.shown}: {why}", WRONG)
            match = chosen_match(chosen, name) if chosen else sources.match(feed.folder, name)
            tried.append(
                try_file(
                    found, feed=feed, match=match, settings=settings, rows=options.rows, masked=options.mask
                )
            )
    if options.json:
        print(json.dumps(as_document(feed.name, tried), indent=2))
    else:
        show(_console(), tried)
    return QUARANTINE if any(one.reason for one in tried) else READABLE


def _mapping_file(platform: Platform, given: str) -> Path:
    """A mapping where it was said to lie, or by its name in the retailer's folder of mappings."""
    places = [Path(given), platform.lake.sources / given]
    found = next((place for place in places if os.path.lexists(place)), None)
    if found is None:
        raise MappingError(f"There is no mapping {given}, neither here nor in {platform.lake.sources}.")
    return found


def _propose(platform: Platform, options: argparse.Namespace) -> int:
    out = options.out
    if out and os.path.lexists(out):
        return _failed(f"{out} is there already; name a new file, or delete it first.", WRONG)
    sources = load_sources([platform.lake.sources], tuple(platform.feeds.values()))
    with tempfile.TemporaryDirectory(prefix="retail-propose-") as folder:
        found = first_table(options.path, folder=Path(folder), settings=platform.settings)
        feed = platform.feeds[options.feed]
        draft = draft_mapping(found.path, feed=feed, settings=platform.settings, sources=sources, out=out)
    draft = replace(draft, path=found.shown)
    text = mapping_text(draft)
    if out is None:
        print(text, end="")
        return READABLE
    out.write_text(text, encoding="utf-8")
    console = _console()
    console.print(f"Wrote {out}", markup=False)
    for number, line in enumerate(text.splitlines(), start=1):
        if FILL_IN in line and number > 1:
            console.print(f"  line {number}: {line.strip()}", markup=False, soft_wrap=True)
    console.print(f"Next: {try_command(draft)}", markup=False, soft_wrap=True)
    return READABLE


def _console() -> Console:
    """The terminal as it is; a pipe or a file gets lines of a hundred characters."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 100)


def _parser(feeds: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=".venv/bin/python -m retail_assets.feeds", description="For whoever brings a new source."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    trying = commands.add_parser(
        "try",
        help="say what would happen to files, and change nothing",
        description="Say what would happen to files, and change nothing.",
        epilog=_JSON,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    trying.add_argument(
        "paths", nargs="+", type=_existing, metavar="PATH", help="a file, or a folder of files"
    )
    trying.add_argument(
        "--feed", required=True, choices=feeds, metavar="FEED", help=f"one of {', '.join(feeds)}"
    )
    trying.add_argument(
        "--source",
        metavar="FILE.yaml",
        help="read every file with this mapping: a path, or a name in data/sources; default: the mapping whose "
        "`match` fits, as in the inbox",
    )
    trying.add_argument("--json", action="store_true", help="one JSON document instead of a report")
    trying.add_argument(
        "--mask",
        action="store_true",
        help="hide what may be personal, as everywhere else; default: show it to you",
    )
    trying.add_argument("--rows", type=_count, default=3, help="how many admitted rows to show (default: 3)")
    trying.set_defaults(run=_try)
    proposing = commands.add_parser(
        "propose",
        help="write a first source mapping to start from",
        description="Write a first source mapping for a file: what it guesses is marked where it is not sure.",
    )
    proposing.add_argument("path", type=_existing, metavar="PATH", help="a file of the source")
    proposing.add_argument("--feed", required=True, choices=feeds, metavar="FEED", help="the feed it is for")
    proposing.add_argument("--out", type=Path, metavar="FILE.yaml", help="a new file; default: print it")
    proposing.set_defaults(run=_propose)
    return parser


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{printable(text)} is not a number of rows")
    return int(text)


def _existing(text: str) -> Path:
    path = Path(text)
    if not os.path.lexists(path):
        raise argparse.ArgumentTypeError(f"there is no {printable(text)}")
    return path
