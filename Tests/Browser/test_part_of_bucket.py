"""A gateway that shows a part of a bucket (`--bucket NAME/PREFIX`)."""

from harness.browser import Browser


def test_snapshots_are_not_offered_where_they_are_always_refused(bucket, chromium, start_mount):
    bucket.put("in/one.txt", "first")
    gateway = start_mount("--bucket", f"{bucket.name}/in", fuse=False)
    page = Browser(chromium, gateway.base).open(bucket.name, "in/").started()
    page.see_names("one.txt")
    page.wait(lambda: not page.one(".to-snapshots").is_displayed(), "no button")
    page.keys("s")
    assert "snapshots" not in page.driver.current_url
    chromium.get("about:blank")


def test_the_page_continues_at_the_prefix(bucket, chromium, start_mount, tmp_path):
    bucket.put("in/one.txt", "first")
    bucket.put("out.txt", "theirs")
    gateway = start_mount("--bucket", f"{bucket.name}/in", fuse=False)
    (tmp_path / "dropped.txt").write_text("dropped")
    page = Browser(chromium, f"http://127.0.0.1:{gateway.port}")
    page.open("").started().see_names(bucket.name + "/")
    # Without loading a new page.
    page.click_name(bucket.name + "/")
    page.see_names("one.txt")
    assert page.driver.current_url == f"{page.base}/{bucket.name}/in/"
    page.drop(tmp_path / "dropped.txt")
    page.see_names("dropped.txt", "one.txt")
    assert bucket.get("in/dropped.txt") == b"dropped"
    # With a new page.
    page.open(bucket.name + "/").started().see_names("dropped.txt", "one.txt")
    assert page.driver.current_url == f"{page.base}/{bucket.name}/in/"
    chromium.get("about:blank")
