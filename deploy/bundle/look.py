"""Looks at the wall of 赫灵 with a browser, and takes a picture. Usage: look.py URL PICTURE"""

import sys

from playwright.sync_api import expect, sync_playwright

CHROMIUM = "/usr/bin/chromium-headless-shell"
ARGUMENTS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]


def look(url: str, picture: str) -> None:
    """Open the wall, and wait until its line is live and its map is drawn."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{url}/wall/heling")
        expect(page).to_have_title("大屏 · 赫灵未来社区")
        page.wait_for_function("() => window.cockpit && cockpit.map && cockpit.map.isUp", timeout=60_000)
        page.wait_for_timeout(3_000)
        page.screenshot(path=picture)
        browser.close()
    if errors:
        sys.exit("\n".join(errors))


if __name__ == "__main__":
    look(*sys.argv[1:])
