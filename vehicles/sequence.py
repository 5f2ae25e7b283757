"""The numbers a device's key has used: rising, with a window for what waited offline. Pure."""

from enum import Enum

WINDOW = 1024
MASK = (1 << WINDOW) - 1


class Refused(Enum):
    """Why a number is not admitted."""

    REUSED = "sequence_reused"
    TOO_OLD = "sequence_too_old"


class Sequence:
    """The highest number and, bit by bit downward from it, which of the last 1,024 were used."""

    __slots__ = ("bits", "last")

    def __init__(self, last: int, window: bytes) -> None:
        self.last = last
        self.bits = int.from_bytes(window, "big")

    def refusal(self, number: int) -> Refused | None:
        """Why this number may not be used, or None."""
        behind = self.last - number
        if behind < 0:
            return None
        if behind >= WINDOW:
            return Refused.TOO_OLD
        return Refused.REUSED if self.bits >> behind & 1 else None

    def use(self, number: int) -> None:
        """Note a number that `refusal` found free."""
        ahead = number - self.last
        if ahead > 0:
            self.bits = (self.bits << ahead if ahead < WINDOW else 0) & MASK | 1
            self.last = number
        else:
            self.bits |= 1 << -ahead

    @property
    def window(self) -> bytes:
        return self.bits.to_bytes(WINDOW // 8, "big")
