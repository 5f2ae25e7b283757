"""Which erasures are to be carried out, and which a person has asked for."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from dimo.users.models import User
from vehicles.models import Erasure

State = Erasure.State


def due_erasures(*, now: datetime) -> list[UUID]:
    """Erasures to be begun or gone on with, oldest first."""
    waiting = Erasure.objects.filter(Q(state=State.DUE) | Q(state=State.WAITING, due_at__lte=now))
    return list(waiting.order_by("due_at").values_list("pk", flat=True)[:100])


def erasures_of(*, person: User) -> QuerySet[Erasure]:
    """What a person asked to have erased and did not call back, newest first."""
    return Erasure.objects.filter(person=person).exclude(state=State.CANCELED).order_by("-asked_at")


def of_account(*, person: User) -> Erasure | None:
    """The erasure of an account that waits or is under way."""
    return erasures_of(person=person).filter(scope=Erasure.Scope.ACCOUNT).exclude(state=State.DONE).first()
