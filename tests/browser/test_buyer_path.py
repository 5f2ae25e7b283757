"""A buyer's way: from the catalog to a quote, a purchase, the build as it goes on, and the files."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from licensing.datasets.build import build_dataset
from licensing.models import License
from tests.browser.visits import Visit
from tests.licensing import factories as make

Open = Callable[..., Visit]


@pytest.fixture
def union(transactional_db: None):
    made = make.union()
    make.fleet(made, 6)
    return made


@pytest.fixture
def buyer(union):
    return make.buyer()


def test_a_buyer_clicks_from_the_catalog_to_the_file(visit: Open, union, buyer) -> None:
    offer = make.offer(union, signals=[make.SOC, make.SPEED])
    seen = visit(reverse("catalog"), user=make.person(buyer))
    page = seen.page
    page.get_by_role("link", name=f"See {offer.name}").click()
    first, after = make.PERIOD
    page.get_by_label("From").fill(f"{first:%Y-%m-%d}")
    page.get_by_label("To, included").fill(f"{after:%Y-%m-%d}")
    page.get_by_label("What you get").select_option("pseudonymous_rows")
    page.get_by_role("button", name="Ask for the price").click()
    buy = page.get_by_role("button", name="Buy for")
    expect(buy).to_be_visible()
    seen.check("quote")
    buy.click()
    expect(page.get_by_role("heading", name="Your data is being built")).to_be_visible()
    seen.check("license-building")
    license = License.objects.get()

    def shown(phase: str) -> None:
        """The page of a buyer who waits follows the build, phase by phase."""
        if phase == "Reading consent":
            expect(page.get_by_role("progressbar", name=phase)).to_be_visible()
            seen.check("license-reading")

    build_dataset(license_id=license.pk, entered=shown)
    expect(page.get_by_role("heading", name="Your files")).to_be_visible()
    seen.check("license-delivered")
    rows, manifest = download(page, "rows.parquet"), json.loads(download(page, "manifest.json").read_text())
    [listed] = manifest["files"]
    assert listed["sha256"] == hashlib.sha256(rows.read_bytes()).hexdigest()
    assert listed["rows"] == manifest["rows"] == pq.read_metadata(rows).num_rows > 0
    assert manifest["vehicles"] == 6
    expect(page.get_by_text(listed["sha256"])).to_be_visible()


def download(page: Page, name: str) -> Path:
    with page.expect_download() as waited:
        page.get_by_role("link", name=f"Download {name}").click()
    assert waited.value.suggested_filename == name
    return Path(waited.value.path())


def test_a_refused_price_is_told_beside_the_form(visit: Open, union, buyer) -> None:
    offer = make.offer(union)
    seen = visit(reverse("offer", args=[offer.pk]), user=make.person(buyer))
    seen.expected_status = {400, 409, 422}
    seen.page.get_by_label("To, included").fill("2999-01-01")
    expect(seen.page.get_by_text("period_invalid")).to_be_visible()
    seen.check("quote-refused")
