"""What rewards keeps when somebody is erased: the lines by which members were paid, under a pseudonym."""

from vehicles.erasure.steps import Room

ROOM = Room(
    "rewards",
    kept={"rewards_share": "Accounting records stay under a pseudonym, for as long as the law demands."},
)
