"""Whoever is erased is no member of a figure by name any more, and the figure stands as long as it would have."""

from datetime import datetime
from typing import Final

from django.db import connection, transaction

from dimo.users.models import User
from vehicles.battery import sharing
from vehicles.battery.sharing import Like
from vehicles.models import PeerMedian

# A stand-in of its own for each, so that who left is counted as gone, as before: were the number only taken away, the
# members might be those of now exactly, and the figure made anew by this one person's leaving.
FORGET: Final = """
UPDATE vehicles_peermedian p SET members = ARRAY(
  SELECT m FROM unnest(array_replace(p.members, %(owner)s,
    (SELECT least(min(m), 0) - 1 FROM unnest(p.members) m))) m ORDER BY m)
WHERE p.id = ANY(%(figures)s)
"""


@transaction.atomic
def forget_member(*, owner: User, now: datetime) -> int:
    """Take a person's number out of figures of cars that they share none of; how many there were. Figures stay."""
    named = list(PeerMedian.objects.select_for_update().filter(members__contains=[owner.pk]).order_by("pk"))
    if not named:
        return 0
    sharing_still = {
        these for these, told in sharing.by_likeness(now=now).items() if any(peer.owner == owner.pk for peer in told)
    }
    figures = [row.pk for row in named if Like(row.make, row.model, row.band, row.simulated) not in sharing_still]
    with connection.cursor() as cursor:
        cursor.execute(FORGET, {"owner": owner.pk, "figures": figures})
    return len(figures)
