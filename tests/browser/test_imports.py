"""Bringing in a file, as a browser sees it: choose, follow, read the result, undo."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils.timezone import now
from playwright.sync_api import expect

from dimo.users.models import User
from tests.browser.visits import Visit
from tests.vehicles.importers.files import asleep, geojson, point, teslafi_csv, teslafi_row, track
from vehicles import imports
from vehicles.import_tasks import run_import
from vehicles.models import ImportBatch

Open = Callable[..., Visit]
NIGHT = teslafi_csv(*(teslafi_row(f"2020-01-01 10:{n:02}:00") for n in range(30)), asleep("2020-01-01 10:40:00"))
START = datetime(2020, 5, 4, 8, 0, tzinfo=UTC)


def a_drive() -> str:
    clock = [f"{START + timedelta(seconds=5 * n):%Y-%m-%dT%H:%M:%SZ}" for n in range(240)]
    points = [point(at, 10 + n * 0.0005, 20.0, Speed=40.0, Rpm=1500.0) for n, at in enumerate(clock)]
    return geojson(track(*points, manufacturer="Kumo", model="One"))


def imported(owner: User, content: str, name: str, format: str) -> ImportBatch:
    file = ContentFile(content.encode(), name=name)
    batch = imports.start_import(owner=owner, format=format, file=file, timezone="Europe/Berlin", now=now())
    return imports.run_import(batch_id=batch.pk, now=now())


def test_a_driver_brings_in_a_file_sees_it_read_and_takes_it_back(visit: Open, driver: User) -> None:
    seen = visit(reverse("import"), user=driver)
    page = seen.page
    page.get_by_label("TeslaFi").check()
    page.get_by_label("Time zone the car was in").select_option("Europe/Berlin")
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "TeslaFi12020.csv", "mimeType": "text/csv", "buffer": NIGHT.encode()}
    )
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Waiting for a free worker")).to_be_visible()
    run_import(batch_id=str(ImportBatch.objects.get().pk))
    expect(page.get_by_text("The car was asleep")).to_be_visible()
    expect(page.get_by_text("No trips")).to_be_visible()
    page.get_by_role("button", name="Undo this import").click()
    expect(page.get_by_text("This import was undone")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_of_imports_meet_the_bars(visit: Open, driver: User, theme: str, width: int) -> None:
    done = imported(driver, a_drive(), "a long name " + "58fa0540" * 10 + ".geojson", "envirocar")
    failed = imported(driver, NIGHT[:-100], "TeslaFi12020.csv", "teslafi")
    waiting = imports.start_import(
        owner=driver, format="teslafi", file=ContentFile(b"Date", name="later.csv"), timezone="UTC", now=now()
    )
    as_driver = {"user": driver, "theme": theme, "width": width}
    visit(reverse("import"), **as_driver).settled().check("import-new")
    visit(reverse("imports"), **as_driver).settled().check("import-list")
    for batch, name in ((done, "done"), (failed, "failed"), (waiting, "waiting")):
        visit(reverse("import-progress", args=[batch.pk]), **as_driver).settled().check(f"import-{name}")


def test_a_refusal_is_shown_where_it_belongs(visit: Open, driver: User) -> None:
    seen = visit(reverse("import"), user=driver)
    seen.expected_status = {422}
    seen.page.get_by_label("Twizy data set").check()
    seen.page.get_by_label("File", exact=True).set_input_files(
        {"name": "T3_04_22_2021_1.csv", "mimeType": "text/csv", "buffer": b"Date,Time\n"}
    )
    seen.page.get_by_role("button", name="Import", exact=True).click()
    expect(seen.page.get_by_text("say which zone the car was in")).to_be_visible()
    seen.settled().check("import-refused")


def test_a_driver_says_what_the_columns_of_an_unknown_file_are(visit: Open, driver: User) -> None:
    rows = "".join(
        f"2026-11-01 10:{at // 60:02}:{at % 60:02},{56 + at * 1e-4:.5f},10.2,20\n" for at in range(0, 600, 5)
    )
    seen = visit(reverse("import"), user=driver)
    seen.expected_status = {422}
    page = seen.page
    page.get_by_label("Another CSV file").check()
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "logger.csv", "mimeType": "text/csv", "buffer": f"when,lat,lon,v\n{rows}".encode()}
    )
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_label("v is").select_option("speed")
    page.get_by_label("Unit of v").select_option("mph")
    page.get_by_label("Time zone the car was in").select_option("Europe/Berlin")
    expect(page.get_by_role("table", name="Preview").get_by_text("32.18688").first).to_be_visible()
    expect(page.get_by_role("table", name="Preview").get_by_text("2026-11-01 09:00:00")).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Waiting for a free worker")).to_be_visible()
    run_import(batch_id=str(ImportBatch.objects.get().pk))
    expect(page.get_by_text("Readings stored")).to_be_visible()
    assert ImportBatch.objects.get().stored == 120 * 3


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_of_columns_meets_the_bars(visit: Open, driver: User, theme: str, width: int) -> None:
    header = "time,Latitude,Longitude,Speed (mph),Odometer [mi],Outside temp °F,SoC,remark"
    rows = [f"2026-11-01T10:00:{at:02}Z,56.1{at},10.2,{at},4000{at},55,8{at % 10}," for at in range(10, 40)]
    batch = imports.start_import(
        owner=driver,
        format="columns",
        file=ContentFile("\n".join([header, *rows]).encode(), name="logger.csv"),
        timezone="",
        now=now(),
    )
    page = reverse("import-columns", args=[batch.pk])
    visit(page, user=driver, theme=theme, width=width).settled().check("import-columns")
