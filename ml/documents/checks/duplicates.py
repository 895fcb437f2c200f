"""Invoices that repeat one that is there already: the same content, or the same seller, number and year."""

import polars as pl

from ml.documents.checks import normalised

BY_CONTENT, BY_NUMBER = "content", "number"


def twins(invoices: pl.DataFrame, judged: pl.Series | None = None) -> pl.DataFrame:
    """`invoice_id, twin_invoice_id, duplicate_by` of those (of the `judged`) that repeat another one.

    Invoices: `invoice_id, is_confirmed, position, content, supplier_id, vendor, vendor_tax_id, number, year`, without
    those that were rejected. The twin is the first one: what is confirmed comes before what is not, so that nothing
    is confirmed beside it; else what came first, by `position`.
    """
    if judged is not None:
        invoices = _worth_a_look(invoices, judged)
    ranked = invoices.sort(~pl.col("is_confirmed"), "position").with_row_index("rank")
    same_content = ranked.select(
        "rank",
        first=pl.when(pl.col("content").is_not_null()).then(pl.col("rank").min().over("content")),
    )
    same_number = _first_of_number(ranked)
    found = (
        pl.concat(
            [
                same_content.with_columns(by=pl.lit(BY_CONTENT)),
                same_number.with_columns(by=pl.lit(BY_NUMBER)),
            ]
        )
        .filter(pl.col("first") < pl.col("rank"))
        .unique("rank", keep="first", maintain_order=True)
    )
    named = ranked.select("rank", "invoice_id")
    answer = (
        found.join(named, on="rank")
        .join(named.rename({"invoice_id": "twin_invoice_id"}), left_on="first", right_on="rank")
        .sort("rank")
        .select("invoice_id", "twin_invoice_id", duplicate_by="by")
    )
    return answer if judged is None else answer.filter(pl.col("invoice_id").is_in(judged.implode()))


def _worth_a_look(invoices: pl.DataFrame, judged: pl.Series) -> pl.DataFrame:
    """Of a long history those with the content of a judged one, or with its digits: zeros apart, numbers that agree
    have the same. This costs little, what follows does not."""
    number = pl.col("number")
    is_ascii = number.str.len_bytes() == number.str.len_chars()
    digits = pl.when(is_ascii).then(_digits(number)).otherwise(pl.lit(""))
    asked = invoices.filter(pl.col("invoice_id").is_in(judged.implode()))
    wanted = asked.select(_digits(number.str.normalize("NFKC"))).to_series()
    alike = digits.is_in(wanted.implode()) | (digits == "")
    return invoices.filter(alike | pl.col("content").is_in(asked["content"].implode()))


def _digits(number: pl.Expr) -> pl.Expr:
    return number.fill_null("").str.replace_all("[^1-9]", "")


def findings(twins: pl.DataFrame, invoices: pl.DataFrame) -> pl.DataFrame:
    """`invoice_id, check, severity, sentence`; invoices say the `name` of each file."""
    named = twins.join(
        invoices.select("invoice_id", "name"), left_on="twin_invoice_id", right_on="invoice_id"
    )
    same = pl.col("duplicate_by").replace_strict(
        {BY_CONTENT: "content", BY_NUMBER: "seller, number and year"}, return_dtype=pl.String
    )
    return named.select(
        "invoice_id",
        check=pl.lit("duplicate"),
        severity=pl.lit("warning"),
        sentence=pl.format("Invoice {} ({}) has the same {}", "twin_invoice_id", "name", same),
    )


def _first_of_number(ranked: pl.DataFrame) -> pl.DataFrame:
    """The first invoice of each seller, number and year, by rank.

    A seller is the supplier or, of one that is not known, his name or tax id. A number agrees in its groups, or, where
    one of the two is written without a break in its digits, in all its letters and digits.
    """
    sellers = _keys(
        ranked,
        ("supplier", pl.col("supplier_id"), pl.lit(True)),
        ("name", normalised.name(pl.col("vendor")), pl.col("supplier_id").is_null()),
        ("tax id", normalised.without_country(pl.col("vendor_tax_id")), pl.col("supplier_id").is_null()),
    )
    number = pl.col("number")
    numbers = _keys(
        ranked,
        ("groups", normalised.groups(number), pl.lit(True)),
        ("code", normalised.code(number), normalised.is_unbroken(number)),
    )
    keyed = (
        ranked.select("rank", "year")
        .join(sellers, on="rank")
        .join(numbers, on="rank", suffix="_of_number")
        .filter(pl.col("year").is_not_null())
    )
    same = ["year", "key", "key_of_number"]
    any_seller, any_number = pl.col("fits_any"), pl.col("fits_any_of_number")
    first = (
        pl.when(any_seller & any_number)
        .then(_first(pl.lit(True), same))
        .when(any_seller)
        .then(_first(any_number, same))
        .when(any_number)
        .then(_first(any_seller, same))
        .otherwise(_first(any_seller & any_number, same))
    )
    return keyed.with_columns(first=first).group_by("rank").agg(pl.col("first").min())


def _first(fitting: pl.Expr, same: list[str]) -> pl.Expr:
    return pl.when(fitting).then(pl.col("rank")).min().over(same)


def _keys(ranked: pl.DataFrame, *signs: tuple[str, pl.Expr, pl.Expr]) -> pl.DataFrame:
    """A row per sign that an invoice has; one that does not `fit any` other agrees only with those that do."""
    return pl.concat(
        ranked.select("rank", key=pl.lit(f"{sign} ") + value, fits_any=fits_any).drop_nulls("key")
        for sign, value, fits_any in signs
    )
