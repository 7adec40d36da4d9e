"""The view of snapshots: saving, comparing, and restoring after a preview of the changes."""

import pytest
import requests
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from harness.browser import Browser


@pytest.fixture
def name(bucket, gateway):
    """A name for a snapshot, which is removed afterwards."""
    yield bucket.name
    for snapshot in (bucket.name, f"{bucket.name}-2"):
        requests.delete(f"{gateway.base}/-/snapshots/{snapshot}", timeout=60)


@pytest.fixture
def saved(page, bucket, name):
    """A snapshot of a bucket that was changed since, in its view."""
    bucket.put("a.txt", "one\ntwo\nthree\n")
    bucket.put("b.bin", bytes(range(256)))
    bucket.put("gone.txt", "gone")
    bucket.put("p.txt", "same", Metadata={"team": "blue"})
    bucket.put("same.txt", "same")
    page.open(bucket.name + "/").started().see_names("a.txt", "b.bin", "gone.txt", "p.txt", "same.txt")
    page.keys("s")
    page.one(".save-snapshot input").send_keys(name, Keys.ENTER)
    page.see(".toasts", f"{name} saved: 5 objects")
    page.see(".snapshot-list", "1 bucket · 5 objects")
    change(bucket)
    return page


def change(bucket):
    bucket.put("a.txt", "one\n2\nthree\n")
    bucket.put("b.bin", bytes(reversed(range(256))))
    bucket.delete("gone.txt")
    bucket.put("p.txt", "same", Metadata={"team": "red"})
    bucket.put("new.txt", "new")


def row(page, name):
    return f".snapshot-list li[data-name='{name}']"


def difference(page, bucket, key):
    """Opens a difference and returns its contents."""
    rows = [row for row in page.all(".difference") if f"/{bucket.name}/{key}" in row.text]
    if not rows[0].get_attribute("open"):
        rows[0].find_element("css selector", "summary").click()
    page.wait(lambda: rows[0].find_elements("css selector", ".inside > *"), f"what is different in {key}")
    return rows[0].text


def test_saved_compared_and_restored(saved, bucket, name):
    page = saved
    page.button(f"Compare: {name}", row(page, name))
    page.see(".comparison", "5 different, 1 equal")
    assert f"snapshot={name}" in page.driver.current_url
    text = difference(page, bucket, "a.txt")
    assert "changed" in text
    lines = page.script("return [...document.querySelectorAll('.difference .line')].map((line) => [line.className, line.querySelector('.words')?.textContent])")
    assert ["line old", "two"] in lines and ["line new", "2"] in lines and ["line same", "three"] in lines
    assert "The first byte that differs is at 0." in difference(page, bucket, "b.bin")
    text = difference(page, bucket, "p.txt")
    assert "team" in text and "blue" in text and "red" in text
    assert "gone" in difference(page, bucket, "gone.txt") and "added" in difference(page, bucket, "new.txt")
    # Same after a reload, and Back continues from it.
    page.driver.refresh()
    page.started().see(".comparison", "5 different, 1 equal")

    page.button(f"Restore… {name}", row(page, name))
    page.see("dialog h2", f"Restore {name}?")
    assert "1 deleted" in page.text("dialog") and f"/{bucket.name}/new.txt" in page.text("dialog") and "3 written again" in page.text("dialog")
    page.button("Cancel", "dialog")
    page.see_no_dialog()
    assert bucket.get("new.txt") == b"new"
    page.button(f"Restore… {name}", row(page, name))
    page.button("Restore 5", "dialog")
    page.see_no_dialog()
    page.see(".toasts", f"{name} restored: 4 written, 1 deleted, 1 untouched")
    page.see(".comparison", "Nothing is different: 5 objects are equal.")
    assert bucket.keys() == ["a.txt", "b.bin", "gone.txt", "p.txt", "same.txt"]
    assert bucket.get("a.txt") == b"one\ntwo\nthree\n" and bucket.head("p.txt")["Metadata"]["team"] == "blue"
    page.button(f"Restore… {name}", row(page, name))
    page.see("dialog", "Nothing would change")
    page.button("Close", "dialog .buttons")
    page.see_no_dialog()
    page.keys("s")
    page.see_names("a.txt", "b.bin", "gone.txt", "p.txt", "same.txt")


def test_what_changes_after_the_preview_is_shown_before_anything_is_restored(saved, bucket, name):
    page = saved
    page.button(f"Restore… {name}", row(page, name))
    page.see("dialog", "Restore 5")
    bucket.put("later.txt", "dear")
    page.button("Restore 5", "dialog")
    page.see("dialog", "The buckets changed after this was shown")
    page.see("dialog", f"/{bucket.name}/later.txt")
    assert bucket.get("later.txt") == b"dear" and bucket.get("new.txt") == b"new"
    page.button("Restore 6", "dialog")
    page.see(".toasts", f"{name} restored: 4 written, 2 deleted, 1 untouched")
    assert bucket.keys() == ["a.txt", "b.bin", "gone.txt", "p.txt", "same.txt"]


WRITES_BEFORE_RESTORE = """
const [url] = arguments;
const real = window.fetch;
window.fetch = async (...request) => {
  if (/\\?restore&state/.test(request[0])) {
    window.fetch = real;
    await real(url, { method: "PUT", body: "dear" });
  }
  return real(...request);
};
"""


@pytest.mark.parametrize("key", ["later.txt", "new.txt", "a.txt"])
def test_what_changes_right_before_the_restore_is_not_touched(saved, bucket, name, key):
    """Also if the preview contained the key, since that was for other bytes."""
    page = saved
    page.button(f"Restore… {name}", row(page, name))
    page.see("dialog", "Restore 5")
    page.script(WRITES_BEFORE_RESTORE, f"/{bucket.name}/{key}")
    page.button("Restore 5", "dialog")
    page.see("dialog", "The buckets changed after this was shown")
    assert bucket.get(key) == b"dear" and bucket.get("p.txt") == b"same" and bucket.head("p.txt")["Metadata"]["team"] == "red"
    page.button("Restore 6" if key == "later.txt" else "Restore 5", "dialog")
    page.see(".toasts", f"{name} restored")
    assert bucket.keys() == ["a.txt", "b.bin", "gone.txt", "p.txt", "same.txt"]


def test_two_snapshots_are_compared_and_an_object_is_shown(saved, bucket, name):
    page = saved
    page.one(".save-snapshot input").send_keys(f"{name}-2", Keys.ENTER)
    page.see(".toasts", f"{name}-2 saved")
    page.button(f"Compare: {name}", row(page, name))
    page.see(".comparison", "5 different")
    Select(page.one(".comparison select")).select_by_visible_text(f"{name}-2")
    page.wait(lambda: f"against={name}-2" in page.driver.current_url, "the other in the URL")
    page.see(".comparison", "5 different, 1 equal")
    assert "Show the object" not in difference(page, bucket, "a.txt")
    page.driver.back()
    page.wait(lambda: "against" not in page.driver.current_url and page.all(".difference"), "what is there now")
    difference(page, bucket, "a.txt")
    page.button("Show the object", ".difference")
    page.see_code("one\n2\nthree")
    page.see_names("a.txt", "b.bin", "new.txt", "p.txt", "same.txt")
    page.driver.back()
    page.see(".comparison", "5 different")


def test_an_invalid_name_and_an_existing_one_are_refused(saved, name):
    page = saved
    field = page.one(".save-snapshot input")
    field.send_keys("a b/c", Keys.ENTER)
    page.see(".snapshots .complaint", "letters, digits")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(name, Keys.ENTER)
    page.see("dialog h2", f"{name} exists")
    page.button("Cancel", "dialog")
    page.see_no_dialog()
    page.see(".snapshot-list", "5 objects")
    page.button(f"Delete: {name}", row(page, name))
    page.see("dialog", "The buckets stay as they are.")
    page.button("Delete", "dialog")
    page.wait(lambda: not page.all(row(page, name)), "the snapshot's end")


def test_no_key_acts_on_rows_that_are_not_shown(saved, bucket):
    page = saved
    page.script("document.activeElement.blur()")
    for key in (Keys.DELETE, Keys.F2, "m", "n", "e"):
        page.keys(key)
        assert not page.all("dialog"), key
    assert not page.one(".list").is_displayed()
    page.keys(Keys.BACKSPACE)
    page.see_names("a.txt", "b.bin", "new.txt", "p.txt", "same.txt")


def test_a_read_only_gateway_compares_and_restores_nothing(bucket, start_mount, chromium):
    bucket.put("a.txt", "one\n")
    gateway = start_mount(fuse=False)
    requests.post(f"{gateway.base}/-/snapshots/before?bucket={bucket.name}", timeout=60).raise_for_status()
    gateway.stop()
    bucket.put("a.txt", "two\n")
    gateway = type(gateway)(gateway.home, gateway.command[gateway.command.index("--endpoint") + 1], "--read-only", fuse=False).start()
    try:
        page = Browser(chromium, gateway.base).open(bucket.name + "/", query="#view=snapshots&snapshot=before").started()
        page.see(".comparison", "1 different, 0 equal")
        page.see(".difference", "two")
        assert not page.all(".save-snapshot")
        labels = [button.text for button in page.all(".snapshot-list button")]
        assert labels == ["Compare"], labels
    finally:
        chromium.get("about:blank")
        gateway.stop()


def test_failures_are_shown(bucket, start_mount, chromium):
    bucket.put("in/a.txt", "one\n")
    gateway = start_mount("--bucket", f"{bucket.name}/in", fuse=False)
    page = Browser(chromium, gateway.base).open("", query="#view=snapshots").started()
    page.see(".snapshots .complaint", "whole buckets")
    chromium.get("about:blank")


def test_in_japanese(saved, bucket, name):
    page = saved
    page.script("localStorage.setItem('localstackmount.language', 'ja')")
    page.open(bucket.name + "/", query=f"#view=snapshots&snapshot={name}")
    page.driver.refresh()
    page.started().see(".comparison", "違い 5 件、一致 1 件")
    page.button(f"復元… {name}", row(page, name))
    page.see("dialog", "削除：1 個")
    page.keys(Keys.ESCAPE)
    page.see_no_dialog()
