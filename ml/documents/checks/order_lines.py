"""Which line of a purchase order each row of an invoice bills: by the supplier's article number, the product id, the
barcode, else by what it is called. One line may be billed in several rows and by several invoices.

Frames:
    rows        invoice_id, line, description, sku, quantity, price (net, of one unit)
    lines       po_id, line_number, supplier_id, product_id, quantity, unit_cost
    products    product_id, name, barcode
    articles    supplier_id, product_id, supplier_sku
"""

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process

from ml.documents.checks import normalised

SIMILAR, SIMILAR_AT_ONE_PRICE = 75.0, 60.0
"""Of a hundred: from what likeness on texts may speak of one product, and where the price is the ordered one too."""
SAME_WORD = 70.0
"""A word of the one is in the other, misread at most: a colour or a size that differs is another product."""
CLOSE = 3.0
"""Products whose likeness to a row differs by less are told apart by price and quantity, or not at all."""
SAME_PRICE = 0.02
"""Share by which a price may differ and still speak for a product."""
SHORTEST_CODE = 4
"""Of a word of a description that is taken for a code."""

BY_SKU, BY_PRODUCT, BY_BARCODE, BY_DESCRIPTION = "supplier_sku", "product_id", "barcode", "description"
_KINDS = [BY_SKU, BY_PRODUCT, BY_BARCODE]


def codes_of(products: pl.DataFrame, articles: pl.DataFrame) -> pl.DataFrame:
    """`code, kind, product_id, supplier_id` of all codes of products; a supplier's own are his only."""
    product = pl.col("product_id")
    of_nobody = pl.lit(None, pl.String)
    kinds = [
        articles.select("product_id", "supplier_id", text="supplier_sku", kind=pl.lit(BY_SKU)),
        products.select(product, supplier_id=of_nobody, text=product, kind=pl.lit(BY_PRODUCT)),
        products.select(product, supplier_id=of_nobody, text="barcode", kind=pl.lit(BY_BARCODE)),
    ]
    return (
        pl.concat(kinds)
        .select("product_id", "supplier_id", "kind", code=normalised.article(pl.col("text")))
        .drop_nulls("code")
        .unique(maintain_order=True)
    )


def products_by_code(rows: pl.DataFrame, codes: pl.DataFrame) -> pl.DataFrame:
    """`invoice_id, line, product_id, rank, matched_by`: products of which a row (with `supplier_id`) has a code, as its
    SKU or in its description. The less the rank, the surer."""
    key = ["invoice_id", "line", "supplier_id"]
    words = (
        rows.select(*key, text=pl.col("description").str.split(" "), place=pl.lit(1))
        .explode("text")
        .filter(pl.col("text").str.contains("[0-9]"), pl.col("text").str.len_chars() >= SHORTEST_CODE)
    )
    texts = pl.concat([rows.select(*key, text="sku", place=pl.lit(0)), words])
    coded = texts.with_columns(code=normalised.article(pl.col("text"))).drop_nulls("code")
    found = coded.join(codes, on="code", suffix="_of_code").filter(
        pl.col("supplier_id_of_code").is_null() | (pl.col("supplier_id_of_code") == pl.col("supplier_id"))
    )
    kind = pl.col("kind").replace_strict(_KINDS, range(len(_KINDS)), return_dtype=pl.Int32)
    return (
        found.with_columns(rank=pl.col("place") * len(_KINDS) + kind)
        .sort("invoice_id", "line", "rank", "product_id")
        .unique(["invoice_id", "line", "product_id"], keep="first", maintain_order=True)
        .select("invoice_id", "line", "product_id", "rank", matched_by="kind")
    )


def products_by_description(rows: pl.DataFrame, named: pl.DataFrame, group: str) -> pl.DataFrame:
    """`invoice_id, line, product_id, similarity`: products of a row's group (an order, a supplier) that it may be
    called by. `named` has `group, product_id, name`."""
    texts = rows.select(
        "invoice_id", "line", group, text=normalised.words(pl.col("description"))
    ).drop_nulls()
    names = named.select(group, "product_id", like=normalised.words(pl.col("name"))).drop_nulls()
    known = names.partition_by(group, as_dict=True)
    found = [pl.DataFrame(schema={group: pl.String, "text": pl.String, "like": pl.String})]
    for (value,), some in texts.partition_by(group, as_dict=True).items():
        if (value,) in known:
            pairs = _alike(some["text"].unique().sort(), known[(value,)]["like"].unique().sort())
            found.append(pairs.select(pl.lit(value).alias(group), "text", "like"))
    pairs = pl.concat(found)
    distinct = pairs.select("text", "like").unique(maintain_order=True)
    likeness = process.cpdist(
        distinct["text"].to_list(), distinct["like"].to_list(), scorer=fuzz.token_sort_ratio
    )
    agreeing = [_words_agree(text, like) for text, like in distinct.iter_rows()]
    scored = distinct.with_columns(similarity=pl.Series(likeness, dtype=pl.Float64)).filter(
        pl.Series(agreeing, dtype=pl.Boolean)
    )
    return (
        texts.join(pairs, on=[group, "text"])
        .join(scored, on=["text", "like"])
        .join(names, on=[group, "like"])
        .select("invoice_id", "line", "product_id", "similarity")
    )


def lines_of(
    rows: pl.DataFrame, lines: pl.DataFrame, codes: pl.DataFrame, names: pl.DataFrame
) -> pl.DataFrame:
    """A row per row of an invoice that has an order (`po_id`): `invoice_id, line, po_id, po_line_number, product_id,
    matched_by, similarity`; what bills no line of its order has no line number. `names`: `product_id, name`."""
    mine = lines.join(rows.select("po_id").unique(), on="po_id", how="semi")
    whose = mine.select("po_id", "supplier_id").unique("po_id", keep="any")
    asked = rows.drop("supplier_id", strict=False).join(whose, on="po_id", how="left", maintain_order="left")
    coded = products_by_code(asked, codes).with_columns(similarity=pl.lit(None, pl.Float64))
    by_code = _with_lines(asked, coded, mine)
    rest = asked.join(by_code, on=["invoice_id", "line"], how="anti")
    described = products_by_description(
        rest, mine.select("po_id", "product_id").join(names, on="product_id"), "po_id"
    )
    described = described.with_columns(rank=pl.lit(99, pl.Int32), matched_by=pl.lit(BY_DESCRIPTION))
    by_text = _certain(_with_lines(rest, described, mine))
    best = _best(pl.concat([by_code, by_text], how="diagonal"))
    return rows.select("invoice_id", "line", "po_id").join(
        best, on=["invoice_id", "line"], how="left", maintain_order="left"
    )


def _with_lines(rows: pl.DataFrame, products: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Each row with the lines of its order for products that it may be of, and what speaks for each."""
    numbered = lines.sort("po_id", "line_number").with_columns(
        nth_line=pl.int_range(pl.len()).over("po_id", "product_id")
    )
    both = (
        rows.select("invoice_id", "line", "po_id", "price", row_quantity="quantity")
        .join(products, on=["invoice_id", "line"])
        .join(
            numbered.select("po_id", "product_id", "line_number", "nth_line", "quantity", "unit_cost"),
            on=["po_id", "product_id"],
        )
        .sort("invoice_id", "line", "rank", "line_number")
    )
    nth_row = pl.col("line").rank("dense").over("invoice_id", "product_id").cast(pl.Int64) - 1
    return both.with_columns(
        price_differs=~is_price(pl.col("price"), pl.col("unit_cost")),
        quantity_differs=~(pl.col("row_quantity").abs() == pl.col("quantity")).fill_null(False),
        # The second row of a product is of its second line.
        apart=(nth_row - pl.col("nth_line")).abs(),
    )


def is_price(price: pl.Expr, cost: pl.Expr) -> pl.Expr:
    """Whether a price is the ordered one, about."""
    near = (price.cast(pl.Float64) - cost.cast(pl.Float64)).abs() <= cost.cast(pl.Float64) * SAME_PRICE
    return near.fill_null(False)


def _certain(found: pl.DataFrame) -> pl.DataFrame:
    """Texts that are like enough, of products that are not mistaken for each other."""
    needed = pl.when("price_differs").then(SIMILAR).otherwise(SIMILAR_AT_ONE_PRICE)
    like = found.filter(pl.col("similarity") >= needed)
    key = ["invoice_id", "line"]
    near = like.filter(pl.col("similarity") > pl.col("similarity").max().over(key) - CLOSE)
    for sign in ("price_differs", "quantity_differs"):
        near = near.filter(pl.col(sign) == pl.col(sign).min().over(key))
    exact = near.filter((pl.col("similarity") == 100) | (pl.col("similarity").max().over(key) < 100))
    return exact.filter(pl.col("product_id").n_unique().over(key) == 1)


def _best(found: pl.DataFrame) -> pl.DataFrame:
    return (
        found.sort("invoice_id", "line", "rank", "price_differs", "quantity_differs", "apart", "line_number")
        .unique(["invoice_id", "line"], keep="first", maintain_order=True)
        .select(
            "invoice_id",
            "line",
            "product_id",
            "matched_by",
            po_line_number="line_number",
            similarity=(pl.col("similarity") / 100).cast(pl.Float32),
        )
    )


def _alike(texts: pl.Series, names: pl.Series) -> pl.DataFrame:
    """Texts and names of which one has most words of the other."""
    scores = process.cdist(
        texts.to_list(),
        names.to_list(),
        scorer=fuzz.token_set_ratio,
        score_cutoff=SIMILAR_AT_ONE_PRICE,
        dtype=np.uint8,
    )
    at, of = np.nonzero(scores)
    return pl.DataFrame({"text": texts.gather(at), "like": names.gather(of)})


def _words_agree(text: str, name: str) -> bool:
    """Whether the words of the shorter one are all in the longer one."""
    shorter, longer = sorted((text.split(), name.split()), key=len)
    return all(
        word in longer or process.extractOne(word, longer, scorer=fuzz.ratio, score_cutoff=SAME_WORD)
        for word in shorter
    )
