"""What one store has too much of covers what another lacks, before anything is bought."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Transfers:
    """Units to send, [N] each; `origin` and `destination` are rows of a product in a store."""

    origin: np.ndarray
    destination: np.ndarray
    units: np.ndarray

    def sent(self, count: int) -> np.ndarray:
        """Units that each of `count` rows gives away."""
        return np.bincount(self.origin, self.units, minlength=count)

    def received(self, count: int) -> np.ndarray:
        """Units that each of `count` rows gets."""
        return np.bincount(self.destination, self.units, minlength=count)


def transfers(
    product: np.ndarray,
    surplus: np.ndarray,
    gap: np.ndarray,
    value: np.ndarray,
    *,
    least: np.ndarray | float = 1,
) -> Transfers:
    """Surplus of a product in some stores covers gaps in others: greedily, the most valuable gap from the largest
    surplus.

    All [S], a row per product and store. Whole units are sent: of a surplus what is whole, to a gap at least what it
    lacks. `value` is what covering a unit of the gap is worth; equal ones go by row. Transfers of less than `least`
    units (one number, or one for each row that is covered) are left out, and the gap stays.

    Both are laid end to end, product by product; what lies beside each other is sent. So no more leaves a row than its
    surplus, no more comes than its gap, and it takes a sort instead of a loop. It is the north-west corner rule of
    transport problems (Hillier & Lieberman, Introduction to Operations Research), on rows sorted by value.
    """
    surplus, gap = np.floor(np.maximum(surplus, 0)), np.ceil(np.maximum(gap, 0))
    give, lack = np.flatnonzero(surplus), np.flatnonzero(gap)
    both = np.intersect1d(product[give], product[lack])
    give, lack = give[np.isin(product[give], both)], lack[np.isin(product[lack], both)]
    give = give[np.lexsort((give, -surplus[give], product[give]))]
    lack = lack[np.lexsort((lack, -value[lack], product[lack]))]
    place = np.searchsorted(both, product)
    given = np.bincount(place[give], surplus[give], minlength=len(both))
    lacked = np.bincount(place[lack], gap[lack], minlength=len(both))
    begins = np.append(0.0, np.cumsum(np.maximum(given, lacked)))
    give_end, lack_end = (
        _ends(place[some], units[some], begins, summed)
        for some, units, summed in ((give, surplus, given), (lack, gap, lacked))
    )
    cuts = np.unique(np.concatenate([begins, give_end, lack_end]))
    start, end = cuts[:-1], cuts[1:]
    origin, destination = (np.searchsorted(ends, start, side="right") for ends in (give_end, lack_end))
    inside = (origin < len(give)) & (destination < len(lack))
    origin, destination, start, units = (one[inside] for one in (origin, destination, start, (end - start)))
    # Where a product has no more of one of the two, the next one found is another product's.
    met = (give_end - surplus[give])[origin] <= start
    met &= (lack_end - gap[lack])[destination] <= start
    origin, destination, units = give[origin[met]], lack[destination[met]], units[met]
    worth = units >= np.broadcast_to(least, product.shape)[destination]
    return Transfers(origin[worth], destination[worth], units[worth])


def _ends(place: np.ndarray, units: np.ndarray, begins: np.ndarray, summed: np.ndarray) -> np.ndarray:
    """Where each of some rows ends, in order, if those of a product begin where the product does."""
    before = np.append(0.0, np.cumsum(summed))[place]
    return np.cumsum(units) - before + begins[place]
