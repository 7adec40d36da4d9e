"""A gateway without a mount, and one chromium for all tests, cleaned between them."""

import pytest

from harness.browser import Browser, start_chromium
from harness.localstack import Bucket
from harness.mount import Mount
from harness.waiting import wait_until


@pytest.fixture(scope="session")
def gateway(tmp_path_factory, localstack):
    gateway = Mount(tmp_path_factory.mktemp("gateway"), localstack.endpoint, fuse=False).start()
    yield gateway
    gateway.stop()


@pytest.fixture
def bucket(s3, gateway, bucket_name):
    """An empty bucket that the gateway has seen."""
    bucket = Bucket(s3, bucket_name).create()
    wait_until(lambda: bucket_name in gateway.http_names(""), 5, "the new bucket in the listing")
    yield bucket
    bucket.remove()


@pytest.fixture(scope="session")
def chromium():
    driver = start_chromium("--window-size=1280,860")
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium, gateway):
    browser = Browser(chromium, gateway.base)
    browser.open("-", "health")
    browser.script("localStorage.clear()")
    browser.complaints()
    yield browser
    complaints = browser.complaints()
    browser.cdp("Emulation.clearDeviceMetricsOverride")
    browser.cdp("Emulation.setEmulatedMedia", features=[])
    # An unsaved text opens a confirmation before the page is left.
    browser.cdp("Page.navigate", url="about:blank")
    try:
        chromium.switch_to.alert.accept()
    except Exception:  # noqa: BLE001 - there was no confirmation
        pass
    assert not complaints, complaints


@pytest.fixture
def page(browser, bucket):
    """The bucket's page. Put objects first, then `page.open(bucket.name + "/").started()`."""
    return browser
