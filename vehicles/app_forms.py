"""What an owner says to an app: for each class Off or a level, which vehicles, and for how long."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from dimo.oauth.scopes import COARSE, EXACT, LEVELS, OFF, level
from vehicles.app_scopes import LOCATION, VEHICLES, Node, askable, scope_at
from vehicles.models import Vehicle

LASTS = (("30", _("30 days")), ("90", _("90 days")), ("365", _("1 year")))


@dataclass(frozen=True, slots=True)
class Choice:
    """One class of what an app asks, with the levels that its request reaches; Off is the first and is chosen."""

    node: Node
    levels: tuple[tuple[str, str, str], ...]
    chosen: str

    @property
    def field(self) -> str:
        return f"level-{self.node.name}"


def choices(scopes: Iterable[str], *, said: Any = None, held: Iterable[str] = ()) -> list[Choice]:
    """A question per class of these scopes; `said` is a form that was sent, `held` what is allowed already."""
    nodes, asked, held = askable(), list(scopes), list(held)
    names = dict.fromkeys(scope.partition(":")[0] for scope in asked)
    found = []
    for node in (nodes[name] for name in names if name in nodes):
        most = level(asked, node.name)
        reached = [OFF, *(fine for fine in (COARSE, EXACT) if fine <= most and scope_at(node, fine))]
        levels = tuple((LEVELS[fine], word_of(node, fine), words_of(node, fine)) for fine in reached)
        sent = (said or {}).get(f"level-{node.name}", LEVELS[level(held, node.name)])
        chosen = sent if sent in {name for name, _, _ in levels} else LEVELS[OFF]
        found.append(Choice(node, levels, chosen))
    return found


def word_of(node: Node, fineness: int) -> str:
    """The level in a word; a class without levels is only on or off."""
    if fineness == EXACT and node.name == VEHICLES:
        return str(_("On"))
    if fineness == EXACT and node.name == LOCATION:
        return str(_("Exact positions"))
    return str({OFF: _("Off"), COARSE: _("Coarse"), EXACT: _("Exact")}[fineness])


def words_of(node: Node, fineness: int) -> str:
    return str(_("not at all")) if fineness == OFF else node.words(fineness)


def scopes_of(chosen: Iterable[Choice]) -> list[str]:
    """The scopes that these answers allow."""
    return [scope for each in chosen if (scope := scope_at(each.node, LEVELS.index(each.chosen)))]


class ReachForm(forms.Form):
    """Vehicles one by one; none is chosen before."""

    vehicles = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any, *, mine: Sequence[Vehicle], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.mine = {str(vehicle.public_id): vehicle for vehicle in mine}
        which = cast(forms.MultipleChoiceField, self.fields["vehicles"])
        which.choices, which.label = [(key, str(vehicle)) for key, vehicle in self.mine.items()], _("Which vehicles")

    def chosen(self) -> list[Vehicle]:
        return [self.mine[key] for key in self.cleaned_data["vehicles"]]


class AllowForm(ReachForm):
    history = forms.BooleanField(
        label=_("Also what was measured before today"),
        required=False,
        help_text=_("Without it, the app reads what is measured from now on."),
    )
    lasts = forms.ChoiceField(label=_("For how long"), choices=LASTS, initial="365")

    def expires_at(self, now: datetime) -> datetime:
        return now + timedelta(days=int(self.cleaned_data["lasts"]))
