"""Pages looked at in a headless Chromium, for tests of reports."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

_FLAGS = (
    'headless=new',
    'no-sandbox',  # of its own, which root and many containers lack
    'disable-gpu',
    'disable-quic',
    'no-first-run',
    'disable-background-networking',
    'disable-component-update',
    'disable-sync',
    'disable-dev-shm-usage',
)


class Browser:
    """A browser that tells what a page does."""

    def __init__(self, driver: webdriver.Chrome):
        self.driver = driver

    def open(self, page: Path) -> None:
        """Load a file."""
        self.driver.get(page.as_uri())

    def resize(self, width: int) -> None:
        """Show the page on a screen of a width, px."""
        screen = dict(width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.driver.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', screen)

    def prefer(self, scheme: str) -> None:
        """Let the reader prefer a 'light' or a 'dark' page."""
        features = [dict(name='prefers-color-scheme', value=scheme)]
        self.driver.execute_cdp_cmd('Emulation.setEmulatedMedia', dict(features=features))

    def run(self, script: str):
        """What a script in the page returns."""
        return self.driver.execute_script(script)

    def console(self) -> list[str]:
        """Messages that were not asked for before."""
        return [entry['message'] for entry in self.driver.get_log('browser')]

    def requests(self) -> list[str]:
        """What was fetched and not asked for before, without what is inside a page."""
        events = (
            json.loads(entry['message'])['message']
            for entry in self.driver.get_log('performance')
        )
        urls = [
            event['params']['request']['url']
            for event in events
            if event['method'] == 'Network.requestWillBeSent'
        ]
        return [url for url in urls if not url.startswith('data:')]


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A browser with a fresh profile; skips the test where there is none.

    Args:
        profile (Path): A folder of its own.
    """
    paths = [shutil.which(name) for name in ('chromium', 'chromedriver')]
    if None in paths:
        pytest.skip(
            'There is no Chromium to look at the page: apt-get install chromium '
            'chromium-driver'
        )
    options = webdriver.ChromeOptions()
    options.binary_location = paths[0]
    for flag in _FLAGS:
        options.add_argument(f'--{flag}')
    options.add_argument(f'--user-data-dir={profile}')
    # not the page of new tabs, which fetches hundreds of files
    blank = {'session.restore_on_startup': 4, 'session.startup_urls': ['about:blank']}
    options.add_experimental_option('prefs', blank)
    options.set_capability('goog:loggingPrefs', dict(browser='ALL', performance='ALL'))
    driver = webdriver.Chrome(options=options, service=Service(paths[1]))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
