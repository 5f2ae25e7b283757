"""Whose rows were delivered: the contributions of a license as columns, so that a hundred thousand stay light."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from dimo.ledger.models import Account
from dimo.ledger.posting import open_accounts

# Public ids come as text: a hundred thousand UUID objects cost more than everything else here.
CONTRIBUTIONS = """
SELECT c.vehicle_id, v.public_id::text, c.member_id, u.public_id::text, c.rows, c.weight, a.id
  FROM licensing_contribution c
  JOIN vehicles_vehicle v ON v.id = c.vehicle_id
  JOIN dimo_user u ON u.id = c.member_id
  LEFT JOIN ledger_account a ON a.owner = u.public_id AND a.kind = %s AND a.asset = %s AND a.union_id IS NULL
 WHERE c.license_id = %s ORDER BY c.vehicle_id
"""


@dataclass(frozen=True)
class Evidence:
    """Contributions in the order of their vehicles; `names` are the vehicles' public ids, by which ties go."""

    vehicles: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    members: tuple[int, ...] = ()
    rows: tuple[int, ...] = ()
    weights: tuple[int, ...] = ()
    accounts: tuple[int, ...] = ()

    @property
    def weight(self) -> int:
        return sum(self.weights)


def evidence_of(*, license_id: UUID, asset: str) -> Evidence:
    """What a delivered license's files hold, by vehicle, with each member's account, opened where there was none."""
    with connection.cursor() as cursor:
        cursor.execute(CONTRIBUTIONS, [str(Account.Kind.DRIVER), asset, license_id])
        found = cursor.fetchall()
    if not found:
        return Evidence()
    vehicles, names, members, owners, rows, weights, accounts = zip(*found, strict=True)
    if None in accounts:
        missing = {owner: UUID(owner) for owner, account in zip(owners, accounts, strict=True) if account is None}
        opened = open_accounts(kind=Account.Kind.DRIVER, asset=asset, owners=list(missing.values()))
        accounts = tuple(
            opened[missing[owner]] if account is None else account
            for owner, account in zip(owners, accounts, strict=True)
        )
    return Evidence(vehicles, names, members, rows, weights, accounts)
