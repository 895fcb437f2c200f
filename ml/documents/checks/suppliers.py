"""Which known supplier an invoice is of: by tax number, then by account, then by name. All invoices at once."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process

from ml.documents.checks import normalised

SIMILAR, APART = 88.0, 8.0
"""Of a hundred: names that are so like each other are the same, if the next one is so much less like."""
UNLIKE = 50.0
"""Names less like each other are worth a word where another sign says that they are one."""
NAMES_AT_ONCE = 500
"""Names that are compared with all suppliers at a time: memory stays small."""


def match(invoices: pl.DataFrame, suppliers: pl.DataFrame) -> pl.DataFrame:
    """A row per invoice (`invoice_id, vendor, vendor_tax_id, iban`): `supplier_id, supplier_name, matched_by`
    (tax_id, iban, name), `similarity` of the names from 0 to 1, `resembles` (names of several that fit alike),
    `accounts` and `tax_ids` that are known of whom it is or resembles.

    Suppliers (`supplier_id, name, tax_id, iban`) have a row per account. Nobody is found where two fit as well.
    """
    wanted = invoices.select("invoice_id", **_signs("vendor", "vendor_tax_id", "iban"))
    known = suppliers.select("supplier_id", "name", **_signs("name", "tax_id", "iban"))
    pairs = _with_likeness(_pairs(wanted, known), wanted, known)
    for sign in ("tax", "account", "same_name"):
        pairs = pairs.filter(pl.col(sign) == pl.col(sign).max().over("invoice_id"))
    found = (
        pairs.sort("invoice_id", "likeness", "supplier_id", descending=[False, True, False])
        .group_by("invoice_id", maintain_order=True)
        .agg(
            pl.col("supplier_id", "likeness", "tax", "account", "same_name").first(),
            lead=pl.col("likeness").first() - pl.col("likeness").get(1, null_on_oob=True).fill_null(-100),
            fitting="supplier_id",
        )
    )
    certain = pl.col("tax") | pl.col("account") | (pl.col("likeness") >= SIMILAR)
    alone = (pl.col("fitting").list.len() == 1) | (pl.col("lead") >= APART)
    by = pl.when("tax").then(pl.lit("tax_id")).when("account").then(pl.lit("iban")).otherwise(pl.lit("name"))
    judged = found.filter(certain).select(
        "invoice_id",
        supplier_id=pl.when(alone).then("supplier_id"),
        matched_by=pl.when(alone).then(by),
        similarity=pl.when(alone).then(pl.col("likeness") / 100).cast(pl.Float32),
        fitting=pl.when(alone).then(pl.concat_list("supplier_id")).otherwise("fitting"),
    )
    return invoices.select("invoice_id").join(
        _with_what_is_known(judged, known), on="invoice_id", how="left", maintain_order="left"
    )


def findings(invoices: pl.DataFrame, matched: pl.DataFrame) -> pl.DataFrame:
    """`invoice_id, check, severity, sentence`: unknown sellers, and money that would go to another account than
    before, the classic fraud."""
    both = invoices.select("invoice_id", "vendor", "vendor_tax_id", "iban").join(matched, on="invoice_id")
    return pl.concat(_findings(both)).sort("invoice_id", maintain_order=True)


def _findings(both: pl.DataFrame) -> Iterator[pl.DataFrame]:
    seller = pl.col("vendor").fill_null("the seller")
    unknown = pl.col("supplier_id").is_null()
    others = pl.col("resembles").list.head(3).list.join(" or ")
    account, tax_id = normalised.code(pl.col("iban")), normalised.code(pl.col("vendor_tax_id"))
    yield _finding(
        both.filter(unknown),
        "supplier",
        "warning",
        pl.when(pl.col("resembles").list.len() > 0)
        .then(pl.format("{} may be {}", seller, others))
        .otherwise(pl.format("No known supplier fits {}", seller)),
    )
    whose = pl.coalesce("supplier_name", others)
    paid = both.filter(account.is_not_null(), pl.col("accounts").is_not_null())
    known = pl.col("accounts").list.len() > 0
    yield _finding(
        paid.filter(known, ~pl.col("accounts").list.contains(account)),
        "supplier_iban",
        "error",
        pl.format(
            "The IBAN {} is not one of {}: ask them on a known number before you pay", pl.col("iban"), whose
        ),
    )
    yield _finding(
        paid.filter(~known),
        "supplier_iban",
        "note",
        pl.format("No account of {} is known to compare {} with", whose, pl.col("iban")),
    )
    bare = normalised.without_country(pl.col("vendor_tax_id"))
    others_id = (pl.col("tax_ids").list.len() > 0) & ~(
        pl.col("tax_ids").list.contains(tax_id) | pl.col("tax_ids").list.contains(bare)
    )
    yield _finding(
        both.filter(~unknown, tax_id.is_not_null(), others_id, pl.col("matched_by") != "tax_id"),
        "supplier_tax_id",
        "warning",
        pl.format("The tax id {} is not that of {}", pl.col("vendor_tax_id"), whose),
    )
    yield _finding(
        both.filter(pl.col("similarity") < UNLIKE / 100, pl.col("vendor").is_not_null()),
        "supplier_name",
        "warning",
        pl.format(
            "By its {} it is from {}, but it calls itself {}",
            pl.col("matched_by").replace({"tax_id": "tax id", "iban": "IBAN"}),
            whose,
            seller,
        ),
    )


def _finding(rows: pl.DataFrame, check: str, severity: str, sentence: pl.Expr) -> pl.DataFrame:
    return rows.select(
        "invoice_id", check=pl.lit(check), severity=pl.lit(severity), sentence=sentence.cast(pl.String)
    )


def _signs(name: str, tax_id: str, account: str) -> dict[str, pl.Expr]:
    return {
        "key": normalised.name(pl.col(name)),
        "full": normalised.words(pl.col(name)),
        "tax_id": normalised.code(pl.col(tax_id)),
        "bare_tax_id": normalised.without_country(pl.col(tax_id)),
        "account": normalised.code(pl.col(account)),
    }


def _pairs(wanted: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Invoices and suppliers that have something in common, and what."""
    taxed = wanted.join(known, on="bare_tax_id", suffix="_known").filter(
        # Where both name a country, it has to be the same.
        (pl.col("tax_id") == pl.col("tax_id_known"))
        | (pl.col("tax_id") == pl.col("bare_tax_id"))
        | (pl.col("tax_id_known") == pl.col("bare_tax_id"))
    )
    paid = wanted.join(known, on="account")
    named = wanted.join(_like_names(wanted["key"], known["key"]), on="key")
    named = named.join(known.select("supplier_id", like="key"), on="like")
    frames = [
        frame.select(
            "invoice_id", "supplier_id", tax=pl.lit(sign == "tax"), account=pl.lit(sign == "account")
        )
        for sign, frame in (("tax", taxed), ("account", paid), ("name", named))
    ]
    return pl.concat(frames).group_by("invoice_id", "supplier_id").agg(pl.col("tax", "account").max())


def _like_names(keys: pl.Series, known: pl.Series) -> pl.DataFrame:
    """Names (`key`) and those of suppliers (`like`) that they may be."""
    names, like = keys.drop_nulls().unique().sort(), known.drop_nulls().unique().sort()
    found = [pl.DataFrame(schema={"key": pl.String, "like": pl.String})]
    for some in names.to_frame().iter_slices(NAMES_AT_ONCE):
        part = some.to_series()
        scores = process.cdist(
            part.to_list(),
            like.to_list(),
            scorer=fuzz.token_sort_ratio,
            score_cutoff=SIMILAR - APART,
            dtype=np.uint8,
        )
        at, of = np.nonzero(scores)
        found.append(pl.DataFrame({"key": part.gather(at), "like": like.gather(of)}))
    return pl.concat(found)


def _with_likeness(pairs: pl.DataFrame, wanted: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """How like the names are: `likeness` of a hundred, `same_name` 2 with legal form, 1 without, else 0."""
    names = known.unique("supplier_id", keep="first", maintain_order=True)
    both = pairs.join(wanted.select("invoice_id", "key", "full"), on="invoice_id").join(
        names.select("supplier_id", like="key", like_full="full"), on="supplier_id"
    )
    likeness = process.cpdist(
        both["key"].fill_null("").to_list(),
        both["like"].fill_null("").to_list(),
        scorer=fuzz.token_sort_ratio,
    )
    return both.with_columns(
        likeness=pl.Series(likeness, dtype=pl.Float64),
        same_name=pl.when(pl.col("full") == pl.col("like_full"))
        .then(2)
        .when(pl.col("key") == pl.col("like"))
        .then(1)
        .otherwise(0),
    )


def _with_what_is_known(judged: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """What to compare with: names, accounts and tax ids of the supplier, or of all that fit alike."""
    facts = (
        judged.select("invoice_id", pl.col("fitting").alias("supplier_of"))
        .explode("supplier_of")
        .join(known, left_on="supplier_of", right_on="supplier_id")
        .group_by("invoice_id")
        .agg(
            names=pl.col("name").unique(maintain_order=True),
            accounts=pl.col("account").drop_nulls().unique().sort(),
            tax_ids=pl.concat_list("tax_id", "bare_tax_id").explode().drop_nulls().unique().sort(),
        )
    )
    is_known = pl.col("supplier_id").is_not_null()
    return judged.join(facts, on="invoice_id", how="left").select(
        "invoice_id",
        "supplier_id",
        "matched_by",
        "similarity",
        "accounts",
        "tax_ids",
        supplier_name=pl.when(is_known).then(pl.col("names").list.first()),
        resembles=pl.when(~is_known).then(pl.col("names").list.sort()),
    )
