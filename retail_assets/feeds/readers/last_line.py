"""A file that was cut off inside its last value: 1200 as 12 is a whole record."""

from pathlib import Path

import polars as pl

from retail_assets.feeds.readers.columns import MALFORMED

_RECORDS, _ENOUGH = 200, 3
_LINE_ENDS = (b"\n", b"\r", b"\n\0", b"\r\0")


def cut_off(source: Path, records: Path, column: str) -> str | None:
    """What there is to tell of a text whose last line has no line end, by the last column of its last records."""
    with source.open("rb") as handle:
        handle.seek(max(source.stat().st_size - 2, 0))
        if handle.read().endswith(_LINE_ENDS):
            return None
    frame = pl.scan_parquet(records, glob=False).select(column, MALFORMED).tail(_RECORDS + 1).collect()
    values = frame.filter(pl.col(MALFORMED).is_null())[column].str.strip_chars()
    if frame[MALFORMED].tail(1).is_null().not_().any() or len(values) <= _ENOUGH:
        return None
    last, others = values[-1], values.head(-1).filter(values.head(-1) != "")
    if len(others) < _ENOUGH:
        return None
    length = sorted(others.str.len_chars().to_list())[len(others) // 2]
    decimals = others.str.extract(r"[.,](\d+)$").str.len_chars()
    usual = decimals[0] if decimals.n_unique() == 1 else None
    lacks_decimals = usual and last[-usual - 1 : -usual] not in (".", ",")
    if not (lacks_decimals or len(last) < length):
        return None
    return (
        f"The last line has no line end, and its last value ({last[:50]!r}) is shorter than usual: look whether the "
        "file was cut off."
    )
