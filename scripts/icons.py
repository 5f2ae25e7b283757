"""Draw the phone app's icons from static/icon.svg with the system's Chromium: `python scripts/icons.py`.

Installed apps need PNGs. The maskable one fills the square, its mark within the middle that every mask leaves.
"""

import re
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

STATIC = Path(__file__).resolve().parent.parent / "static"
MARK = (STATIC / "icon.svg").read_text()
FULL = re.sub(r' rx="\d+"', "", MARK)
MASKABLE = FULL.replace('viewBox="0 0 32 32"', 'viewBox="-5 -5 42 42"').replace(
    '<rect width="32" height="32"', '<rect x="-5" y="-5" width="42" height="42"'
)
ICONS = (("192", 192, MARK), ("512", 512, MARK), ("maskable-512", 512, MASKABLE), ("180", 180, FULL))


def draw() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, size, svg in ICONS:
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(f"<style>body{{margin:0}}svg{{display:block;width:{size}px;height:{size}px}}</style>{svg}")
            page.screenshot(path=STATIC / "phone" / f"icon-{name}.png", omit_background=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    draw()
