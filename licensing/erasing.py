"""What licensing does when an account is erased: seats at buyers' organizations go, and what was sold stays sold."""

from dimo.users.models import User
from licensing.models import License, Organization, OrganizationSeat
from licensing.organizations import LastAdministrator
from vehicles.erasure.steps import Room, Subject

SOLD = "What was sold, to whom and with how many rows stays under a pseudonym: members were paid by it."
BOUGHT = "Quotes and licenses of an organization stay with the organization."
UNFINISHED = (License.State.FUNDED, License.State.BUILDING)


def drop_seats(subject: Subject) -> dict[str, int]:
    """Take an account that goes out of every organization."""
    if not subject.whole:
        return {}
    return {"licensing_organizationseat": OrganizationSeat.objects.filter(user=subject.person).delete()[0]}


def refuse_last_administrator(person: User) -> None:
    """Refuse while an organization of others, or one that waits for what it paid, would have no administrator.

    Raises:
        LastAdministrator
    """
    admins = OrganizationSeat.objects.filter(role=OrganizationSeat.Role.ADMIN)
    for organization in Organization.objects.filter(pk__in=admins.filter(user=person).values("organization")):
        if admins.filter(organization=organization).exclude(user=person).exists():
            continue
        others = organization.seats.exclude(user=person).exists()
        if others or organization.licenses.filter(state__in=UNFINISHED).exists():
            raise LastAdministrator(
                f"Nobody else administers {organization.name}. Make somebody an administrator first."
            )


ROOM = Room(
    "licensing",
    erased=("licensing_organizationkey", "licensing_organizationseat"),
    kept={"licensing_contribution": SOLD},
    kept_of_account={"licensing_quote": BOUGHT, "licensing_license": BOUGHT},
    erases=drop_seats,
    refuses=refuse_last_administrator,
)
