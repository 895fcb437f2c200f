"""The retailer's master data: stores, suppliers, products, customers and what products cost.

Arrays are indexed by product, store or supplier number; the writers turn them into a source's dialect.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from retail_assets.samples.plan import Plan

TOWNS = ["Hamburg", "Leipzig", "München", "Köln", "Dresden", "Würzburg", "Lübeck", "Mainz", "Görlitz", "Kiel"]
REGIONS = ["north", "east", "south", "west"]
BRANDS = ["Möwe", "Grünholz", "Café Süd", "Fjell", "Bärwald", "Nordlicht", "Kranich", "Tölz"]
COLOURS = ["navy", "sand", "moss", "white", "black", "rust", "sky", "plum", "grey", "mustard"]
FOREIGN_SUPPLIER = 4
"""Invoices in another currency than the retailer sells in."""


@dataclass(frozen=True)
class Category:
    """A category with its subcategories, prices (gross), season (day of year of the peak) and returns."""

    name: str
    subcategories: tuple[str, str, str, str, str]
    price: tuple[float, float]
    tax_percent: int
    peak: int
    amplitude: float
    return_rate: float


CATEGORIES = [
    Category("Clothing", ("T-Shirt", "Shirt", "Jeans", "Jacket", "Dress"), (15, 90), 19, 300, 0.25, 0.08),
    Category(
        "Shoes", ("Casual Shoe", "Sports Shoe", "Sandal", "Boot", "Slipper"), (25, 120), 19, 280, 0.2, 0.09
    ),
    Category(
        "Accessories", ("Handbag", "Watch", "Belt", "Sunglasses", "Wallet"), (12, 150), 19, 345, 0.3, 0.04
    ),
    Category("Kitchen", ("Mug", "Bowl", "Pan", "Knife", "Teapot"), (8, 80), 19, 340, 0.25, 0.02),
    Category("Home", ("Candle", "Cushion", "Lamp", "Picture Frame", "Blanket"), (6, 70), 19, 335, 0.35, 0.02),
    Category(
        "Garden", ("Watering Can", "Planter", "Lantern", "Seed Box", "Glove"), (5, 60), 19, 130, 0.7, 0.01
    ),
    Category(
        "Toys", ("Puzzle", "Plush Bear", "Board Game", "Block Set", "Kite"), (8, 60), 19, 350, 0.6, 0.03
    ),
    Category("Food", ("Coffee", "Tea", "Chocolate", "Honey", "Biscuit"), (3, 15), 7, 350, 0.2, 0.002),
]


@dataclass(frozen=True)
class Catalogue:
    """Everything that is known before the first sale."""

    plan: Plan

    @cached_property
    def store_ids(self) -> list[str]:
        return [f"S{n + 1:02d}" for n in range(self.plan.size.stores - 1)] + ["WEB"]

    @property
    def web(self) -> int:
        return self.plan.size.stores - 1

    @cached_property
    def store_factor(self) -> np.ndarray:
        factor = self.plan.rng("stores").uniform(0.75, 1.25, self.plan.size.stores)
        return factor / factor.mean()

    @cached_property
    def product_ids(self) -> list[str]:
        return [f"P{n + 1:04d}" for n in range(self.plan.size.products)]

    @cached_property
    def category(self) -> np.ndarray:
        return np.arange(self.plan.size.products) % len(CATEGORIES)

    @cached_property
    def subcategories(self) -> list[str]:
        numbers = range(self.plan.size.products)
        return [CATEGORIES[n % 8].subcategories[n // 8 % 5] for n in numbers]

    @cached_property
    def brands(self) -> list[str]:
        return [BRANDS[(n * 5 + n // 8) % len(BRANDS)] for n in range(self.plan.size.products)]

    @cached_property
    def names(self) -> list[str]:
        colours = [COLOURS[(n // 8 + n // 40) % len(COLOURS)] for n in range(self.plan.size.products)]
        return [f"{b} {s} {c}" for b, s, c in zip(self.brands, self.subcategories, colours, strict=True)]

    @cached_property
    def barcodes(self) -> list[str]:
        return [_with_check_digit(f"4009{n + 1:08d}") for n in range(self.plan.size.products)]

    @cached_property
    def tax_percent(self) -> np.ndarray:
        return np.array([c.tax_percent for c in CATEGORIES])[self.category]

    @cached_property
    def return_rate(self) -> np.ndarray:
        return np.array([c.return_rate for c in CATEGORIES])[self.category]

    @cached_property
    def price_cents(self) -> np.ndarray:
        """Gross list prices of the first day, ending in 9."""
        low, high = np.array([c.price for c in CATEGORIES])[self.category].T
        price = self.plan.rng("prices").uniform(low, high)
        return np.round(price * 10).astype(np.int64) * 10 + 9

    @cached_property
    def repriced(self) -> np.ndarray:
        """Products whose list price rises when the products file comes again."""
        return self.plan.rng("repriced").random(self.plan.size.products) < 0.1

    @property
    def reprice_day(self) -> int:
        return self.plan.base_days - 2

    def prices_on(self, days: np.ndarray, products: np.ndarray) -> np.ndarray:
        """Gross list price in cents per pair of day and product."""
        raised = (days >= self.reprice_day) & self.repriced[products]
        return np.where(raised, self.price_cents[products] + 100, self.price_cents[products])

    @cached_property
    def cost_cents(self) -> np.ndarray:
        """Net purchase prices in the retailer's currency."""
        share = self.plan.rng("costs").uniform(0.38, 0.62, self.plan.size.products)
        net = self.price_cents / (1 + self.tax_percent / 100)
        return np.maximum(np.round(net * share), 1).astype(np.int64)

    @cached_property
    def popularity(self) -> np.ndarray:
        weights = self.plan.rng("popularity").lognormal(0.0, 0.8, self.plan.size.products)
        return weights / weights.mean()

    @cached_property
    def supplier_ids(self) -> list[str]:
        return [f"SUP-{n + 1:02d}" for n in range(self.plan.size.suppliers)]

    @cached_property
    def supplier(self) -> np.ndarray:
        """The supplier of each product."""
        return np.arange(self.plan.size.products) * 7 // 8 % self.plan.size.suppliers

    @cached_property
    def lead_days(self) -> np.ndarray:
        """Per supplier."""
        return self.plan.rng("lead times").integers(4, 16, self.plan.size.suppliers)

    @cached_property
    def pack_size(self) -> np.ndarray:
        return self.plan.rng("packs").choice([1, 6, 12], self.plan.size.products)

    def supplier_currency(self, supplier: int) -> str:
        return "PLN" if supplier == FOREIGN_SUPPLIER else "EUR"

    def unit_cost_cents(self, products: np.ndarray) -> np.ndarray:
        """What the supplier charges, in the supplier's currency."""
        foreign = self.supplier[products] == FOREIGN_SUPPLIER
        return np.where(
            foreign, np.round(self.cost_cents[products] * 4.25), self.cost_cents[products]
        ).astype(np.int64)

    @cached_property
    def customer_ids(self) -> list[str]:
        return [f"C{n + 1:05d}" for n in range(self.plan.size.customers)]


def _with_check_digit(twelve: str) -> str:
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return f"{twelve}{-total % 10}"
