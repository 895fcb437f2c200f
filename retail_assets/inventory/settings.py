"""The settings of inventory: when stock is low, too much or dead, and how it is replenished."""

from pydantic import Field

from ml.replenishment.rules import Rules
from retail_assets.config import FlowSettings

SERVICE = "Probability with which stock of {} lasts until the next delivery but one can be there."


class InventorySettings(FlowSettings):
    """Thresholds of stock levels and inventory health, and rules of replenishment."""

    demand_days: int = Field(28, description="Days of sales behind the daily rate of days of cover.")
    min_observed_days: int = Field(
        7,
        description="A product that could be sold on fewer days than this, and was not, is no product without demand.",
    )
    reserved_days: int = Field(
        30,
        description="An order that was not shipped for this many days is taken to have left when it was placed.",
    )
    low_stock_days: float = Field(7, description="Cover below this many days is low stock.")
    overstock_days: float = Field(90, description="Cover above this many days is overstock.")
    dead_stock_days: int = Field(60, description="Stock without a sale for this many days is dead stock.")

    replenish_service_a: float = Field(
        0.98, ge=0.5, lt=1, description=SERVICE.format("A products, those with the most revenue,")
    )
    replenish_service_b: float = Field(0.95, ge=0.5, lt=1, description=SERVICE.format("B products"))
    replenish_service_c: float = Field(0.90, ge=0.5, lt=1, description=SERVICE.format("C products"))
    replenish_review_days: int = Field(
        1,
        ge=1,
        description="Days from one order to a supplier to the next that is possible. Proposals are made each night: "
        "who approves them once a week needs 7; who does so daily has six days' demand too much with it.",
    )
    replenish_holding_share: float = Field(
        0.25,
        ge=0,
        description="What a unit costs per year that it lies there, as a share of its landed cost.",
    )
    replenish_order_cost: float = Field(
        2.0, ge=0, description="What an order line costs whatever its quantity, in the cost currency."
    )
    replenish_cost_currency: str = Field(
        "EUR",
        description="The currency in which costs of ordering and handling are stated. What is bought in another one is "
        "ordered up to the reorder point, without an economic quantity.",
    )
    replenish_most_days: float = Field(
        60,
        gt=0,
        description="An order lasts so many days at most, nor more than the forecast has; packs and minimum quantities "
        "apart.",
    )
    replenish_landing_shares: dict[str, float] = Field(
        {}, description='Freight and duty of suppliers, as shares of the price: {"SUP-05": 0.08}.'
    )
    replenish_lead_days: float = Field(
        14, ge=0, description="Lead time of suppliers of whom no order and no statement tells one."
    )
    replenish_overdue_days: int = Field(
        14, ge=0, description="What is overdue for longer is no longer waited for."
    )
    replenish_unconfirmed_days: int = Field(
        14,
        ge=0,
        description="An approved order counts as on order for so many days until purchasing has it, and an "
        "approved transfer as on its way until a store has booked it.",
    )
    replenish_rejected_days: int = Field(
        14,
        ge=0,
        description="What was rejected is not proposed again for so many days; 0 for the next night.",
    )
    replenish_cut_days: int = Field(
        7,
        ge=0,
        description="What was cut away from an order is not proposed again for so many days; 0 for the next night.",
    )
    replenish_unsent_nights: int = Field(
        7,
        ge=1,
        description="What was to come from another store on so many of twice as many nights, and did not, is bought.",
    )
    replenish_rejected_change: float = Field(
        0.5,
        ge=0,
        description="What was rejected or cut away is proposed earlier where so much more is needed, as a share of "
        "it.",
    )
    replenish_error_correlation: float = Field(
        0.05,
        ge=0,
        le=1,
        description="How far forecast errors of two days add up instead of cancelling out, as far as it is not "
        "measured.",
    )
    replenish_error_origins: int = Field(
        2,
        ge=0,
        description="What is usual of errors weighs as much as so many past forecasts, a week apart, that tell of "
        "them.",
    )
    replenish_forecast_days: int = Field(
        7, ge=1, description="A forecast of an origin older than so many days is not ordered by."
    )
    replenish_keep_days: int = Field(
        45, ge=0, description="A store gives away only what it does not need itself for so many days."
    )
    replenish_least_transfer: float = Field(
        3, ge=0, description="Fewer units are not sent from store to store."
    )
    replenish_handling_cost: float = Field(
        5.0,
        ge=0,
        description="Goods worth less, at landed cost in the cost currency, are not sent from store to store.",
    )

    @property
    def rules(self) -> Rules:
        return Rules(
            review_days=self.replenish_review_days,
            holding_share=self.replenish_holding_share,
            order_cost=self.replenish_order_cost,
            most_days=self.replenish_most_days,
            keep_days=self.replenish_keep_days,
            least_transfer=self.replenish_least_transfer,
            handling_cost=self.replenish_handling_cost,
        )

    @property
    def service_levels(self) -> dict[str, float]:
        return {
            "A": self.replenish_service_a,
            "B": self.replenish_service_b,
            "C": self.replenish_service_c,
        }


DBT_SETTINGS = (
    "demand_days",
    "min_observed_days",
    "reserved_days",
    "low_stock_days",
    "overstock_days",
    "dead_stock_days",
    "replenish_unconfirmed_days",
)
"""Those that dbt models read."""
