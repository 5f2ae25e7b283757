"""Template tags and filters of the design: icons, amounts, initials, precision levels, slots. Built in, no `load`."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from lucide.templatetags.lucide import lucide

from dimo.money import format_amount

register = template.Library()

LEVELS = {"off": _("Off"), "statistics": _("Statistics"), "coarse": _("Coarse"), "exact": _("Exact")}
SKELETON_WIDTHS = (100, 92, 96, 70, 88)


@register.simple_tag
@cache
def icon(name: str, size: int | str = 16) -> str:
    """A Lucide icon that screen readers skip; the word beside it says the same."""
    return lucide(str(name), size=int(size), stroke_width="1.75", aria_hidden="true")


@register.simple_tag
def slot_url(name: str, arg: object = "", query: str = "") -> str:
    """Where a room serves the part called `name`; empty while no room does, and the page is drawn without it."""
    try:
        address = reverse(name, args=[arg] if arg not in ("", None) else [])
    except NoReverseMatch:
        return ""
    return f"{address}?{query}" if query else address


@register.filter
def money(amount: int | str | None, asset: str = "EURC") -> str:
    """Base units in the asset's own spelling; a dash where there is no amount."""
    return "—" if amount in (None, "") else format_amount(int(amount or 0), asset)


@register.filter
def initials(name: object) -> str:
    """Two letters for a mark: the first of the first two words."""
    words = [word for word in str(name).replace("-", " ").split() if word[0].isalnum()]
    letters = "".join(word[0] for word in words[:2]) if len(words) > 1 else "".join(words)[:2]
    return letters.upper()


@register.filter
def level_word(level: str) -> str:
    return str(LEVELS[level])


@register.filter
def level_bars(level: str) -> list[bool]:
    """Three bars, filled up to the level."""
    rank = list(LEVELS).index(level)
    return [bar < rank for bar in range(len(LEVELS) - 1)]


@register.filter
def percent_of(value: Any, whole: Any) -> str:
    """A share as CSS takes it: 0 to 100, with a point whatever the language."""
    part = float(value or 0) / float(whole or 1) * 100
    return f"{min(100.0, max(0.0, part)):.4g}"


@register.filter
def spark(points: Sequence[int], shape: str = "") -> str:
    """Path of a small line over 100 x 40, or of the area below it."""
    top, last = max([*points, 1]), max(len(points) - 1, 1)
    line = " L".join(f"{i * 100 / last:.2f},{38 - 36 * int(point) / top:.2f}" for i, point in enumerate(points))
    return f"M{line} L100,40 L0,40 Z" if shape == "area" else f"M{line}"


@register.filter
def skeleton(lines: int | str) -> Sequence[int]:
    return [SKELETON_WIDTHS[i % len(SKELETON_WIDTHS)] for i in range(int(lines))]


@register.filter
def short_hash(value: object) -> SafeString:
    """A long hash by its ends, whole in the title."""
    text = value.hex() if isinstance(value, bytes | memoryview) else str(value)
    if len(text) <= 14:
        return format_html('<code class="mono">{}</code>', text)
    return format_html('<code class="mono" title="{}">{}…{}</code>', text, text[:6], text[-4:])


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: object) -> str:
    """The current address's query with some values changed, or removed by an empty one."""
    values = context["request"].GET.copy()
    for key, value in changes.items():
        values.pop(key, None)
        if value not in ("", None):
            values[key] = str(value)
    return f"?{values.urlencode()}" if values else "?"
