"""What can go wrong on a device, in words for whoever looks after it."""


class DeviceError(Exception):
    """Something that its owner has to do something about; what waits in the queue stays there."""


class Mismatch(DeviceError):
    """The server's answer does not fit what was sent."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class Unreachable(DeviceError):
    """The server does not answer; later is soon enough."""
