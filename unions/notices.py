"""The words a person read before deciding, in versions. An event names the notice and its hash. No Django."""

import hashlib
from typing import Final, NamedTuple

TEXTS: Final[dict[str, str]] = {
    "level-1": (
        "You choose how precisely this union may license this data of your vehicle. Off: not at all. Statistics: "
        "only counts and means over many vehicles. Coarse: rows under a pseudonym, positions as areas of about 5 "
        "km², values rounded. Exact: rows under a pseudonym, as measured. Only for the purposes and kinds of "
        "buyers that the union's policy names today; more would need a new yes from you. It applies to every "
        "dataset built from now on, to data measured from now on unless you include the past. It ends after 12 "
        "months, exact positions after 6. You can lower it or switch it off at any time; files already delivered "
        "are not called back by that."
    ),
    "pause-1": (
        "For 24 hours nothing of your vehicles goes into any dataset, and what they measure in that time stays out of "
        "every dataset afterwards. It ends by itself; you can end it earlier."
    ),
    "leave-1": (
        "The vehicle leaves the union. Everything it allowed there is withdrawn at once. What it earned so far stays "
        "yours."
    ),
    "deny-1": "This is never licensed to the buyers or for the purposes named, whatever else you allow.",
    "erase-1": (
        "What the vehicle measured in your time with it is erased. Everything it allowed is withdrawn at once and its "
        "memberships end. What it earned so far stays yours."
    ),
    "owner-1": "The vehicle changed its owner. What the earlier owner allowed is void.",
}


class Notice(NamedTuple):
    """What was shown, where and in which language."""

    notice_id: str
    sha256: bytes
    locale: str
    screen_id: str


def notice(notice_id: str, *, screen_id: str, locale: str = "en-us") -> Notice:
    """The notice as it is shown today, with the hash of its text."""
    return Notice(notice_id, hashlib.sha256(TEXTS[notice_id].encode()).digest(), locale, screen_id)
