"""What more than one rule about vehicles refuses."""

from dimo.errors import DomainError


class NotTheOwner(DomainError):
    """Only the owner may do this."""

    status = 404


class VehicleRetired(DomainError):
    """The vehicle is retired."""
