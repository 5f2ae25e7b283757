"""The founder's wizard: a starting point, a name, prices, a look at the public page, and open."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from unions import founding, rulebook, words
from unions.forms import CharterForm, PolicyForm, TermsForm, policy_initial, terms_initial
from unions.presets import PRESETS

STEPS = (("start", "Start"), ("name", "Name"), ("policy", "Policy"), ("prices", "Prices"), ("preview", "Preview"))
DRAFT = "founding"


@login_required
@require_http_methods(["GET", "POST"])
def found(request: HttpRequest) -> HttpResponse:
    """One step of the wizard. What was typed waits in the session until the union opens."""
    draft: dict[str, Any] = request.session.get(DRAFT, {})
    step = request.POST.get("step") or request.GET.get("step") or "start"
    if step not in dict(STEPS) or (step != "start" and "preset" not in draft):
        step = "start"
    if request.method == "POST":
        following = _take(request, step, draft)
        if isinstance(following, HttpResponse):
            return following
        request.session[DRAFT] = draft
        return redirect(f"{reverse('union-found')}?step={following}")
    return render(request, "unions/found.html", _context(step, draft, _form(step, draft)))


def _take(request: HttpRequest, step: str, draft: dict[str, Any]) -> HttpResponse | str:
    """Take one step's values into the draft; the next step, or an answer that shows what is wrong."""
    if step == "start":
        preset = PRESETS.get(request.POST.get("preset", ""))
        if preset is None:
            context = {**_context(step, draft, None), "error": "Choose one of the starting points."}
            return render(request, "unions/found.html", context, status=422)
        draft.clear()
        draft.update(_from_preset(preset.key))
        return "name"
    if step == "preview":
        return _open(request, draft)
    form = _form(step, draft, request.POST)
    if form is None or not form.is_valid():
        return render(request, "unions/found.html", _context(step, draft, form), status=422)
    if isinstance(form, CharterForm):
        draft["charter"] = form.cleaned_data
        return "policy"
    if isinstance(form, PolicyForm):
        draft["rules"], draft["text"] = form.rules(), form.cleaned_data["text"]
        return "prices"
    draft["terms"] = {
        "prices": form.prices(),
        "union_fee_bps": form.fee_bps(),
        "split_rule": form.cleaned_data["split_rule"],
    }
    return "preview"


def _open(request: HttpRequest, draft: dict[str, Any]) -> HttpResponse | str:
    if "charter" not in draft:
        return "name"
    now = timezone.now()
    union = founding.found_union(
        founder=request.user,
        **draft["charter"],
        rules=draft["rules"],
        policy_text=draft.get("text", ""),
        **draft["terms"],
        now=now,
    )
    founding.open_union(union=union, actor=request.user, now=now)
    del request.session[DRAFT]
    messages.success(request, f"{union.name} is open. Drivers can join it now.")
    return redirect("union", slug=union.slug)


def _from_preset(key: str) -> dict[str, Any]:
    preset = PRESETS[key]
    return {
        "preset": key,
        "rules": preset.rules,
        "text": "",
        "terms": {
            "prices": preset.prices,
            "union_fee_bps": preset.union_fee_bps,
            "split_rule": preset.split_rule,
        },
    }


def _form(step: str, draft: dict[str, Any], data: Any = None) -> CharterForm | PolicyForm | TermsForm | None:
    if step == "name":
        initial = draft.get("charter") or {"powertrains": PRESETS[draft["preset"]].powertrains}
        return CharterForm(data, initial=initial)
    if step == "policy":
        return PolicyForm(data, initial=policy_initial(rulebook.parse(draft["rules"]), draft.get("text", "")))
    if step == "prices":
        return TermsForm(data, initial=terms_initial(**draft["terms"]))
    return None


def _context(step: str, draft: dict[str, Any], form: Any) -> dict[str, Any]:
    names = [name for name, _ in STEPS]
    context: dict[str, Any] = {
        "step": step,
        "steps": [(name, word, names.index(name) < names.index(step)) for name, word in STEPS],
        "presets": PRESETS.values(),
        "chosen": draft.get("preset", ""),
        "form": form,
    }
    if step == "preview" and "charter" in draft:
        rules = rulebook.parse(draft["rules"])
        context |= {
            "charter": draft["charter"],
            "sentences": words.sentences(rules),
            "limits": words.limits(rules),
            "prices": words.price_lines(draft["terms"]["prices"]),
            "waterfall": words.waterfall(union_fee_bps=draft["terms"]["union_fee_bps"]),
            "takes": words.powertrains(draft["charter"]["powertrains"]),
        }
    return context
