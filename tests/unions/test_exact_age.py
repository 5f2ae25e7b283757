"""Exact positions leave for thirty days and no union can make it more; areas leave as ever."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from tests.unions.factories import DAY, NOW, allow, member, use
from unions import platform_floor
from unions.evaluator import Standing, decide
from unions.models import ConsentEvent
from unions.platform_floor import exact_from
from unions.selectors import policies_for
from unions.windows import consent_windows

PRECISE, COARSE = "location.precise", "location.coarse"


@pytest.mark.parametrize("hours", [0, 1, 12, 23])
def test_the_thirty_days_are_today_and_those_before_it_in_utc(hours):
    now = datetime(2026, 3, 31, tzinfo=UTC) + timedelta(hours=hours)
    assert exact_from(now) == datetime(2026, 3, 2, tzinfo=UTC)
    assert now - exact_from(now) < timedelta(days=platform_floor.MOST_EXACT_DAYS)
    assert settings.TIME_ZONE == "UTC"


@pytest.mark.parametrize(("asked", "days"), [("7", 7), ("31", 30), ("100000", 30), ("0", 1), (None, 30)])
def test_a_setting_makes_them_fewer_and_never_more(monkeypatch, asked, days):
    if asked is None:
        monkeypatch.delenv("EXACT_DAYS", raising=False)
    else:
        monkeypatch.setenv("EXACT_DAYS", asked)
    assert platform_floor.days_said() == days


@pytest.mark.django_db
def test_windows_of_positions_begin_with_them_and_windows_of_areas_do_not():
    row = member()
    allow(row, "location", "exact", include_history=True)
    windows = consent_windows(union=row.union, use=use(row.union, PRECISE, COARSE), now=NOW + DAY)
    begins = {window.signal_class: window.starts_at for window in windows}
    assert begins[PRECISE] == exact_from(NOW + DAY)
    assert begins[COARSE] is None or begins[COARSE] < begins[PRECISE]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("before", "reasons"), [(timedelta(microseconds=1), ("platform_floor:exact_age",)), (DAY * 0, ())]
)
def test_one_decision_and_the_windows_draw_the_same_line_for_positions_alone(before, reasons):
    row, now = member(), NOW + DAY
    allow(row, "location", "exact", include_history=True)
    measured_at = exact_from(now) - before
    for name, expected in ((PRECISE, reasons), (COARSE, ())):
        asked = use(row.union, name)
        said = decide(
            events=list(ConsentEvent.objects.filter(membership=row)),
            use=asked,
            signal_class=name,
            measured_at=measured_at,
            at=now,
            policies=policies_for(union=row.union, use=asked, now=now),
            standing=Standing(True, row.owner_epoch),
        )
        assert (said.allowed, said.reasons) == (not expected, expected)
        [window] = consent_windows(union=row.union, use=asked, now=now)
        assert (window.starts_at is None or window.starts_at <= measured_at) == said.allowed


@pytest.mark.django_db
def test_a_newer_grant_of_less_still_speaks_for_its_own_time():
    row = member()
    allow(row, "location", "exact", include_history=True)
    allow(row, "location", "coarse", now=NOW + DAY / 24)
    later = NOW + 40 * DAY
    found = consent_windows(union=row.union, use=use(row.union, PRECISE), now=later)
    assert all(window.starts_at >= exact_from(later) for window in found)
