"""What the page of an unknown file's columns asks: for each column what it is, and in which unit."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from vehicles import signals
from vehicles.import_forms import zone_choices
from vehicles.importers import guessing, moments, units
from vehicles.importers.columns import Column, Plan
from vehicles.importers.sniffing import Look

LEFT_OUT, TIME, TIME_OF_DAY = "", "time", "time_of_day"
SHOWN_SAMPLES = 3


class ColumnRow(NamedTuple):
    """One column of the file on the page."""

    name: str
    samples: list[str]
    meaning: forms.BoundField
    unit: forms.BoundField


def meaning_choices() -> list[tuple[str, object]]:
    """What a column may be: nothing, the time, or a signal, by its title."""
    known = sorted(
        (
            (s.name, f"{s.title} ({s.unit})" if s.unit else s.title)
            for s in signals.catalog
            if s.numeric and s.id != signals.CELL
        ),
        key=lambda pair: pair[1].lower(),
    )
    return [(LEFT_OUT, _("Leave out")), (TIME, _("Time")), (TIME_OF_DAY, _("Time of day, beside a date")), *known]


class ColumnsForm(forms.Form):
    """Fields `is_N` and `unit_N` for column N; a unit that does not fit the signal falls back to the signal's own."""

    clock = forms.ChoiceField(label=_("How the time is written"), choices=list(moments.WORDS.items()))
    timezone = forms.ChoiceField(
        label=_("Time zone the car was in"),
        choices=lazy(zone_choices, list),
        required=False,
        help_text=_("Needed where the times do not name their zone."),
    )
    decimal_comma = forms.BooleanField(label=_("Numbers are written with a comma: 12,5"), required=False)

    def __init__(self, data: Any = None, *, look: Look, plan: Plan, timezone: str = "") -> None:
        initial = {"clock": plan.clock, "timezone": timezone, "decimal_comma": plan.decimal_comma}
        super().__init__(data, initial=initial)
        self.look, self.plan = look, plan
        choices = meaning_choices()
        for at, name in enumerate(look.header):
            known = plan.columns.get(name)
            meaning = known.signal if known else {plan.time: TIME, plan.time_of_day: TIME_OF_DAY}.get(name, LEFT_OUT)
            self.fields[f"is_{at}"] = forms.ChoiceField(choices=choices, required=False, initial=meaning, label=name)
            chosen = signals.by_name.get(str(self.data.get(f"is_{at}", "")) if data is not None else meaning)
            fitting = units.units_for(chosen) if chosen else []
            self.fields[f"unit_{at}"] = forms.CharField(
                required=False,
                label=_("Unit of %(column)s") % {"column": name},
                initial=known.unit if known else "",
                widget=forms.Select(choices=[(unit, unit) for unit in fitting]),
            )

    def rows(self) -> Iterator[ColumnRow]:
        for at, name in enumerate(self.look.header):
            yield ColumnRow(name, self.look.cells(name)[:SHOWN_SAMPLES], self[f"is_{at}"], self[f"unit_{at}"])

    def chosen(self) -> Plan:
        """The plan that was filled in; its rule says whether it can be followed."""
        meanings = {name: self.cleaned_data[f"is_{at}"] for at, name in enumerate(self.look.header)}
        columns = {
            name: Column(meanings[name], self.unit_of(meanings[name], self.cleaned_data[f"unit_{at}"]))
            for at, name in enumerate(self.look.header)
            if meanings[name] not in (LEFT_OUT, TIME, TIME_OF_DAY)
        }
        clock = self.cleaned_data["clock"]
        time = next((name for name, what in meanings.items() if what == TIME), "")
        return Plan(
            delimiter=self.look.delimiter,
            header=self.look.header,
            time=time,
            time_of_day=next((name for name, what in meanings.items() if what == TIME_OF_DAY), ""),
            clock=clock,
            columns=columns,
            zoned=guessing.zoned(self.look, time, clock),
            decimal_comma=self.cleaned_data["decimal_comma"],
        )

    @staticmethod
    def unit_of(name: str, unit: str) -> str:
        signal = signals.by_name[name]
        return unit if unit in units.units_for(signal) else signal.unit
