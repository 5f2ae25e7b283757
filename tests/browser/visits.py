"""One page in one browser context, watched for what must not happen."""

from collections.abc import Mapping
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

HEIGHT = {390: 844, 1440: 900}


class Visit:
    """A page that remembers console errors, failed scripts and requests that left the origin."""

    def __init__(
        self,
        browser: Browser,
        origin: str,
        path: str,
        *,
        cookies: Mapping[str, str],
        width: int,
        results: Path,
        blocked: str,
    ) -> None:
        self.origin, self.path, self.results, self.width = origin, path, results, width
        self.theme = cookies.get("theme", "")
        self.failures: list[str] = []
        self.expected_status: set[int] = set()
        self.context = browser.new_context(
            viewport={"width": width, "height": HEIGHT.get(width, 900)}, reduced_motion="reduce", timezone_id="UTC"
        )
        self.context.add_cookies([{"name": name, "value": value, "url": origin} for name, value in cookies.items()])
        self.page: Page = self.context.new_page()
        if blocked:
            self.page.route(blocked, lambda route: route.abort())
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.failures.append(f"{path}: {error}"))
        self.page.on("request", self._asked)
        self.status = getattr(self.page.goto(origin + path), "status", None)

    def _heard(self, message: ConsoleMessage) -> None:
        excused = any(f"status of {status}" in message.text for status in self.expected_status)
        if message.type == "error" and not excused:
            self.failures.append(f"{self.path}: console: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.origin, "data:", "blob:")):
            self.failures.append(f"{self.path}: left the origin: {request.url}")

    def settled(self) -> "Visit":
        """Wait until every part has loaded and the font is there, so that a picture shows the finished page."""
        expect(self.page.locator("[data-slot]")).to_have_count(0)
        self.page.evaluate("() => document.fonts.ready.then(() => true)")
        return self

    def violations(self) -> list[str]:
        """What axe finds wrong, one line per rule and element."""
        found = Axe().run(self.page, options={"resultTypes": ["violations"]}).response["violations"]
        return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]

    def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        return int(self.page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth"))

    def picture(self, name: str) -> None:
        self.results.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=self.results / f"{name}-{self.theme}-{self.width}.png", full_page=True)

    def check(self, name: str) -> None:
        """The bars every page is held to: axe finds nothing, nothing scrolls sideways; a picture is kept."""
        self.picture(name)
        violations = self.violations()
        assert not violations, "\n".join(violations)
        assert self.overflow() <= 0, f"the page is {self.overflow()} px wider than its window"

    def close(self) -> None:
        self.context.close()
