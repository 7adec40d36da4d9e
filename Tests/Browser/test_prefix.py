"""The whole page below a path of another web server."""

import re

import pytest
from selenium.webdriver.common.keys import Keys

from harness.browser import Browser
from harness.frontproxy import Forwarder, Nginx
from harness.processes import REPOSITORY, run
from harness.waiting import wait_until


def location(port):
    """The nginx configuration that docs/HTTP.md recommends."""
    shown = re.search(r"```nginx\n(.*?)```", (REPOSITORY / "docs" / "HTTP.md").read_text(), re.DOTALL)[1]
    assert "127.0.0.1:8080" in shown and "/s3/" in shown
    return shown.replace("127.0.0.1:8080", f"127.0.0.1:{port}")


@pytest.fixture(params=["nginx", "forwarder"])
def below(request, bucket, chromium, start_mount, tmp_path):
    gateway = start_mount("--path-prefix", "/s3", fuse=False, http=False, listen=True)
    ready = ["curl", "-fsS", f"http://127.0.0.1:{gateway.port}/s3/-/ready"]
    wait_until(lambda: run(*ready, check=False).returncode == 0, 20, "the gateway's start")
    front = Nginx(location(gateway.port), tmp_path / "nginx") if request.param == "nginx" else Forwarder("/s3", gateway.port)
    yield Browser(chromium, f"http://127.0.0.1:{front.port}/s3")
    chromium.get("about:blank")
    front.close()


def test_the_page_works_below_a_path_of_a_proxy(below, bucket, tmp_path):
    bucket.put("docs/one.txt", "first")
    (tmp_path / "dropped.txt").write_text("dropped")
    page = below.open(bucket.name + "/").started().see_names("docs/") or below
    page.see(".lamp", "live")
    page.click_name("docs/")
    page.see_names("one.txt")
    assert page.driver.current_url == f"{page.base}/{bucket.name}/docs/"
    # Written here, and by another program.
    page.drop(tmp_path / "dropped.txt")
    page.see_names("dropped.txt", "one.txt")
    bucket.put("docs/late.txt", "late")
    page.see_names("dropped.txt", "late.txt", "one.txt")
    # Read, edited, renamed, deleted.
    page.click_name("one.txt")
    page.see_code("first")
    page.button("Edit", ".panel")
    page.see_code("first", ".editor")
    page.edit_code("code.execCommand('selectAll')")
    page.keys("second")
    page.button("Save", ".panel")
    page.wait(lambda: bucket.get("docs/one.txt") == b"second", "the edited text in S3")
    page.button("Close", ".editor")
    page.click(".panel .close")
    page.keys(Keys.HOME, Keys.F2)
    page.answer("renamed.txt")
    page.see_names("late.txt", "one.txt", "renamed.txt")
    page.keys("y")
    page.see("dialog", f"{page.base}/{bucket.name}/docs/")
    page.keys(Keys.ESCAPE)
    page.see_no_dialog()
    page.click(".row .name a")
    page.click(".panel .close")
    page.keys(Keys.HOME, Keys.DELETE)
    page.button("Delete", "dialog")
    page.see_names("one.txt", "renamed.txt")
    page.driver.back()
    page.see_names("docs/")
    page.one("#filter").send_keys("ren", Keys.SHIFT, Keys.ENTER)
    page.see_names("docs/renamed.txt")
    urls = page.script("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert urls and all(url.startswith(page.base + "/") for url in urls)
    assert page.complaints() == []
