"""What a reader sees of a page at a moment, for tests in Chromium."""

from playwright.sync_api import Page

FITS = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  return document.documentElement.scrollWidth <= window.innerWidth
    && main.scrollWidth <= main.clientWidth;
}"""


def fits(page: Page) -> bool:
    """Whether nothing is wider than the window: it needs no scrolling sideways."""
    return bool(page.evaluate(FITS))


def go_to(page: Page, section: str, title: str) -> None:
    """Press a page in a section of the navigation."""
    page.get_by_test_id("stHeader").get_by_role("button", name=section).click()
    page.get_by_test_id("stTopNavDropdownLink").filter(has_text=title).click()


def wait_for_script(page: Page) -> None:
    """Wait until the page's script has run: until then its controls may be drawn again."""
    page.wait_for_timeout(100)  # what was just pressed is on its way
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
