"""The page shows files that the mount could not save."""
# SEMANTICS: 3.5

import pytest

from harness.browser import Browser
from harness.faultproxy import FaultProxy, Status
from harness.waiting import wait_until


@pytest.fixture
def proxy(localstack):
    proxy = FaultProxy(localstack.endpoint)
    yield proxy
    proxy.close()


def test_files_that_s3_refuses_are_named_until_it_takes_them(chromium, start_mount, bucket, proxy):
    mount = start_mount(endpoint=proxy.endpoint)
    bucket.put("there.txt", "x")
    browser = Browser(chromium, mount.base).open(bucket.name + "/").started()
    assert not browser.one(".unsaved").is_displayed()
    proxy.add(Status(403, "AccessDenied"), "PUT")
    with pytest.raises(OSError):
        mount.path(bucket.name, "lost?.txt").write_text("dear")
    browser.see(".unsaved", "1 file of the mount is not in S3 yet.")
    browser.button("Show", ".unsaved")
    browser.see("dialog", f"/{bucket.name}/lost?.txt 4 B")
    browser.see("dialog", "kept on this machine")
    assert browser.complaints() == []
    browser.button("Close", "dialog")
    proxy.clear()
    browser.wait(lambda: not browser.one(".unsaved").is_displayed(), "the notice's end", 60)
    wait_until(lambda: bucket.get("lost?.txt") == b"dear", 10, "the file in S3")
    browser.driver.get("about:blank")
    mount.stop()
