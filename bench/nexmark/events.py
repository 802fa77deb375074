"""The events of Nexmark (people, auctions and bids of an auction house), made from their numbers alone.

Of 50 events one is a person, three are auctions, 46 are bids; there are 10,000 events in a second of event time. A person
is (PERSON, time, id, name, city, state), an auction (AUCTION, time, id, seller, category, initial price, reserve, expires),
a bid (BID, time, auction, bidder, price); times in ms, prices in cents.
"""

from __future__ import annotations

from typing import Any

PERSON, AUCTION, BID = 0, 1, 2
STATES = ("AZ", "CA", "ID", "OR", "WA", "WY")
CITIES = ("Phoenix", "Los Angeles", "Boise", "Portland", "Seattle", "Cheyenne")
NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gina", "Hal", "Ines", "Jan", "Kim")


def event(i: int) -> tuple[Any, ...]:
    """Event number ``i``."""
    time = i // 10
    epoch, place = divmod(i, 50)
    # Bits of a multiplication look random enough, and cost little.
    mixed = (i * 2654435761 & 0xFFFFFFFF) >> 8
    if place > 3:
        newest = epoch * 3
        # Every other bid goes to the auction that is hot at the time.
        auction = newest // 100 * 100 if mixed & 1 else max(newest - mixed % 100, 0)
        bidder = epoch // 50 * 50 if mixed % 4 else max(epoch - mixed % 1000, 0)
        return BID, time, auction, bidder, 100 + mixed % 9_900
    if place == 0:
        return PERSON, time, epoch, NAMES[mixed % 11], CITIES[mixed % 6], STATES[mixed % 6]
    initial = 100 + mixed % 900
    return (
        AUCTION,
        time,
        epoch * 3 + place - 1,
        max(epoch - mixed % 50, 0),
        10 + mixed % 5,
        initial,
        2 * initial,
        time + 200 + mixed % 1_800,
    )
