"""The Parquet tables that this flow keeps in the lake: declarations only."""

import dataframely as dy

from retail_assets.contract import money
from retail_assets.contract import quantity as units
from retail_assets.kit.lake_table import LakeTable


class _Reason(dy.Schema):
    """Why a product is to be ordered for a store, or not."""

    store_id = dy.String(description="Store.")
    product_id = dy.String(description="Product.")
    planned_on = dy.Date(description="The night that planned it; the first day counted is its own.")
    is_orderable = dy.Bool(description="Whether the product is still listed; else nothing is ordered.")
    abc_class = dy.String(
        description="A, B or C by revenue, as in product_performance; C where nothing was sold."
    )
    service_level = dy.Float64(description="Probability with which stock is to last the protection_days.")
    supplier_id = dy.String(nullable=True, description="Supplier; null where nobody is known to supply it.")
    supplier_count = dy.Int64(description="Suppliers who could deliver; 0 where nobody is known to.")
    lead_time_days = dy.Float64(description="Days from order to delivery that are expected.")
    lead_time_spread_days = dy.Float64(description="Standard deviation of these days.")
    lead_time_basis = dy.String(
        description="What they are known by most: orders of the product, supplier (his other orders), stated, all "
        "(orders of everybody) or assumed (the setting)."
    )
    protection_days = dy.Int64(
        description="Days that stock has to last: the lead time, rounded up, and the review period."
    )
    daily_demand = dy.Float64(description="Expected units per day over the forecast's horizon.")
    demand_quantity = dy.Float64(description="Expected units over the protection_days.")
    safety_stock = dy.Float64(
        description="Units beyond those, against errors of the forecast and of the lead time."
    )
    reorder_point = dy.Float64(
        description="Units that just suffice: with fewer it is time to order. Both together, whole."
    )
    order_up_to = dy.Float64(description="Units up to which it is ordered.")
    on_hand_quantity = units("Units that may be sold; negative where more was sold than was known.")
    promised_quantity = units(
        "Of them those that are to leave for other stores: approved transfers that nobody has booked yet."
    )
    on_order_quantity = units(
        "Units that suppliers owe, and those of approved proposals on their way to them."
    )
    in_transit_quantity = units(
        "Units on their way from other stores, and those of approved transfers that are to be sent."
    )
    overdue_quantity = units("Of both those that are overdue for so long that nobody waits for them.")
    due_quantity = units("Of both those that count: due within the lead time.")
    stock_position = units(
        "Units on hand without the promised ones, none where less, and due_quantity: what the reorder point is "
        "compared with."
    )
    transfer_quantity = units("Units that are proposed to come from other stores.")
    transfer_out_quantity = units("Units that are proposed to go to other stores.")
    expected_stockout_on = dy.Date(
        nullable=True,
        description="First day on which expected demand exceeds what is on hand and due by then; null for none in "
        "90 days.",
    )
    stockout_probability = dy.Float64(
        description="Probability that the stock position, without transfers, does not last the protection_days."
    )
    min_order_quantity = units("Smallest quantity that the supplier accepts; 0 for any.")
    pack_size = units("Units per pack; orders are multiples of it.")
    order_quantity = units("Units to order; 0 for none.")
    declined_quantity = units(
        "Units that were rejected or cut away from an order lately: what is needed is held back until it is much more "
        "than these; 0 for none."
    )
    currency = dy.String(nullable=True, description="Currency of costs and amounts, ISO 4217.")
    unit_cost = money("Net price per unit; null where none is known.", nullable=True)
    landed_unit_cost = money("With freight and duty.", nullable=True)
    total_unit_cost = money(
        "And with the cost of ordering, of what lies and of what is not sold meanwhile; as landed where there "
        "is nobody to choose among.",
        nullable=True,
    )
    order_amount = money("Net price of order_quantity.", nullable=True)
    forecast_origin = dy.Date(description="Origin of the forecast.")
    forecast_version = dy.String(description="What the forecast was weighed by.")


class ReorderPoints(_Reason):
    """When each product is to be ordered for each store and up to what, with the reason in numbers: one row per store
    and product that was counted and has a forecast, as of the newest night that had one. What is said of lead time
    and cost is said of the supplier who is the cheapest for the quantity that is wanted."""

    held_back_by = dy.String(
        nullable=True,
        description="Proposal that was rejected or cut lately, because of which this one is not made; null for none.",
    )


class ReorderProposals(_Reason):
    """What is to be ordered, one row per store and product with an order_quantity; a part is the night that proposed
    it."""

    proposal_id = dy.String(
        description="Names the proposal: what a decision approve_order, cut_order or reject_order is about."
    )


class TransferProposals(dy.Schema):
    """What one store has too much of and another lacks, one row per product and pair of stores; a part is the night
    that proposed it."""

    transfer_id = dy.String(description="Names the proposal.")
    planned_on = dy.Date(description="The night that proposed it.")
    product_id = dy.String(description="Product.")
    origin_store_id = dy.String(description="Store that has too much.")
    destination_store_id = dy.String(description="Store that lacks it.")
    quantity = units("Units to send.")
    origin_on_hand_quantity = units(
        "Units that the origin may sell, without those that it is to send already."
    )
    origin_needed_quantity = dy.Float64(description="Units up to which the origin would be ordered for.")
    origin_daily_demand = dy.Float64(description="Units that the origin is expected to sell per day.")
    destination_position = units("Units on hand at the destination and due there within the lead time.")
    destination_reorder_point = dy.Float64(description="Units that would just suffice there.")
    destination_order_up_to = dy.Float64(description="Units up to which it is filled up.")
    expected_stockout_on = dy.Date(
        nullable=True, description="Day on which the destination is expected to run out."
    )
    stockout_probability = dy.Float64(
        description="Probability that the destination runs out before a supplier could deliver."
    )
    currency = dy.String(nullable=True, description="Currency of the amount, ISO 4217.")
    amount = money("The units at landed cost: what is not bought.", nullable=True)
    forecast_origin = dy.Date(description="Origin of the forecast.")
    forecast_version = dy.String(description="What the forecast was weighed by.")


class PlacedTransfers(dy.Schema):
    """Transfers that were approved, as they were proposed: once, for ever. A part is one time at which some were."""

    transfer_id = dy.String(description="Proposal that was approved; the id to book it under.")
    planned_on = dy.Date(description="The night that proposed it.")
    placed_on = dy.Date(description="The night that kept it.")
    product_id = dy.String(description="Product.")
    origin_store_id = dy.String(description="Store that is to send it.")
    destination_store_id = dy.String(description="Store that receives it.")
    quantity = units("Units to send.")
    currency = dy.String(nullable=True, description="Currency of the amount, ISO 4217.")
    amount = money("The units at landed cost: what is not bought.", nullable=True)


class PlacedOrderLines(dy.Schema):
    """Proposals that were approved or cut, as they went to purchasing: once, for ever. A part is one time at which some
    did."""

    order_number = dy.String(description="Order that the line belongs to: of one supplier for one store.")
    line_number = dy.Int64(description="Line within the order.")
    file_name = dy.String(description="File that purchasing finds it in, without `.csv`.")
    placed_on = dy.Date(description="The night that gave it to purchasing.")
    proposal_id = dy.String(description="Proposal that it comes from.")
    decision = dy.String(description="approved or cut.")
    supplier_id = dy.String(description="Supplier.")
    store_id = dy.String(description="Store that receives.")
    product_id = dy.String(description="Product.")
    proposed_quantity = units("Units that were proposed.")
    quantity = units("Units to order.")
    unit_cost = money(
        "Net price per unit, as it was when it was proposed; null where none is known.", nullable=True
    )
    currency = dy.String(nullable=True, description="Its currency, ISO 4217.")


class PurchaseOrderFiles(dy.Schema):
    """Files for purchasing, one per supplier and time at which something was placed: written once, never again."""

    file_name = dy.String(description="Its name, without `.csv`.")
    supplier_id = dy.String(description="Supplier.")
    placed_on = dy.Date(description="The night that wrote it.")
    line_count = dy.Int64(description="Lines.")
    content = dy.String(description="The file: CSV with commas and a header.")


READS = (
    "stock_levels",
    "goods_in_transit",
    "placed_transfers",
    "purchase_orders",
    "supplier_performance",
    "products",
    "supplier_products",
    "product_performance",
    "daily_demand",
)
"""Marts that replenishment is planned from."""

NEWEST = "newest"
"""The one part of REORDER_POINTS: that of the newest night."""

PLACED_ORDER_LINES = LakeTable("placed_order_lines", PlacedOrderLines)
PLACED_TRANSFERS = LakeTable("placed_transfers", PlacedTransfers)
PURCHASE_ORDER_FILES = LakeTable("purchase_order_files", PurchaseOrderFiles)
REORDER_POINTS = LakeTable("reorder_points", ReorderPoints, reads=READS, only_at_night=True)
REORDER_PROPOSALS = LakeTable("reorder_proposals", ReorderProposals, reads=READS, only_at_night=True)
TRANSFER_PROPOSALS = LakeTable("transfer_proposals", TransferProposals, reads=READS, only_at_night=True)

TABLES = (
    REORDER_POINTS,
    REORDER_PROPOSALS,
    TRANSFER_PROPOSALS,
    PLACED_ORDER_LINES,
    PLACED_TRANSFERS,
    PURCHASE_ORDER_FILES,
)
