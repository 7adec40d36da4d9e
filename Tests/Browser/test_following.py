"""The panel follows its object, and the status lamp shows the real state."""

import gzip
import os
import signal

import pytest
from selenium.webdriver.common.keys import Keys

from harness.browser import Browser
from harness.faultproxy import FaultProxy, Status
from harness.localstack import Bucket, LocalStack
from harness.waiting import wait_until


def test_a_preview_follows_what_another_program_writes(page, bucket):
    bucket.put("a.txt", "old")
    page.open(bucket.name + "/").started().see_names("a.txt")
    page.click_name("a.txt")
    page.see_code("old")
    bucket.put("a.txt", "new text")
    page.see_code("new text")
    assert page.text(".banner") == ""
    bucket.delete("a.txt")
    page.see(".banner", "was deleted")
    assert page.code() == "new text"
    bucket.put("a.txt", "back again")
    page.see_code("back again")
    page.wait(lambda: not page.one(".banner").is_displayed(), "the note's end")


def test_a_preview_follows_also_where_a_search_is_shown(page, bucket):
    bucket.put("deep/er/needle.txt", "old")
    page.open(bucket.name + "/", query="?q=needle#open=deep%2Fer%2Fneedle.txt").started()
    page.see_code("old")
    bucket.put("deep/er/needle.txt", "new text")
    page.see_code("new text")


def test_an_untouched_editor_follows_and_a_changed_one_asks(page, bucket):
    bucket.put("a.txt", "one\ntwo\n")
    page.open(bucket.name + "/").started().see_names("a.txt")
    page.keys(Keys.HOME, "e")
    page.see_code("one", ".editor")
    bucket.put("a.txt", "one\n2\n")
    page.wait(lambda: page.code(".editor") == "one\n2\n", "the other's text")
    page.keys("mine ")
    bucket.put("a.txt", "one\nthree\n")
    page.see(".banner", "Another program changed")
    assert page.code(".editor") == "mine one\n2\n"
    page.button("Show the differences", ".banner")
    page.see("dialog .diff", "three")
    page.button("Take theirs", "dialog")
    page.wait(lambda: page.code(".editor") == "one\nthree\n", "the other's text")
    page.wait(lambda: not page.one(".banner").is_displayed(), "the note's end")


HOLD_READS = """
const fetch = window.fetch;
window.held = new Promise((release) => { window.release = release; });
window.reads = 0;
window.fetch = async (url, options) => {
  if (String(url).includes("a.txt") && (options?.method ?? "GET") === "GET") {
    window.reads += 1;
    await window.held;
  }
  return fetch(url, options);
};
"""


@pytest.mark.parametrize("is_shown_before", [False, True])
def test_an_editor_that_opens_while_its_object_changes_is_an_editor(page, bucket, is_shown_before):
    bucket.put("a.txt", "old")
    page.open(bucket.name + "/").started().see_names("a.txt")
    if is_shown_before:
        page.click_name("a.txt")
        page.see_code("old")
    page.script(HOLD_READS)
    page.keys(Keys.HOME, "e")
    page.wait(lambda: page.script("return window.reads") > 0, "the editor's request")
    before = page.script("return window.reads")
    bucket.put("a.txt", "new text")
    page.wait(lambda: page.script("return window.reads") > before, "a request for the newer version")
    page.script("window.release()")
    page.wait(lambda: page.code(".editor") == "new text", "the newer text")
    page.one(".editor .CodeMirror-focused")


def test_a_preview_keeps_its_place_when_it_is_read_again(page, bucket):
    lines = [f"line {number}" for number in range(500)]
    bucket.put("a.txt", "\n".join(lines))
    page.open(bucket.name + "/").started()
    page.click_name("a.txt")
    page.see_code("line 499")
    page.script("document.querySelector('.panel .CodeMirror').CodeMirror.scrollTo(0, 3000)")
    bucket.put("a.txt", "\n".join([*lines, "one more"]))
    page.see_code("one more")
    top = "return document.querySelector('.panel .CodeMirror').CodeMirror.getScrollInfo().top"
    page.wait(lambda: abs(page.script(top) - 3000) < 50, f"the same place, not {page.script(top)},")


def test_the_end_of_a_log_is_its_end_and_is_followed(page, bucket):
    log = "".join(f"entry {number:06}\n" for number in range(60_000))
    bucket.put("app.log", log + "x" * 2_000_000 + "\nlast one\n")
    page.open(bucket.name + "/").started()
    page.click_name("app.log")
    page.see(".tools", "of 2.7 MiB")
    bucket.put("app.log", log * 4 + "the last line\n")
    page.see(".tools", "of 3.0 MiB")
    page.button("Show the end", ".panel")
    page.see(".CodeMirror-code", "the last line")
    # With the line's true number.
    page.see(".CodeMirror-code", "240001")
    page.button("Follow", ".panel")
    bucket.put("app.log", log * 4 + "the last line\nand one more\n")
    page.see(".CodeMirror-code", "and one more")
    page.button("Show the beginning", ".panel")
    page.see(".CodeMirror-code", "entry 000000")


def test_a_short_log_is_followed(page, bucket):
    log = "".join(f"entry {number:06}\n" for number in range(300))
    bucket.put("app.log", log)
    page.open(bucket.name + "/").started()
    page.click_name("app.log")
    page.see_code("entry 000299")
    page.button("Follow", ".panel")
    page.see(".CodeMirror-code", "entry 000299")
    bucket.put("app.log", log + "and one more\n")
    page.see(".CodeMirror-code", "and one more")
    assert page.one(".follow").get_attribute("aria-pressed") == "true"


@pytest.fixture
def own_gateway(bucket, start_mount, chromium):
    gateway = start_mount(fuse=False)
    yield gateway, Browser(chromium, gateway.base)
    chromium.get("about:blank")


def test_the_lamp_sees_a_dead_gateway(own_gateway, bucket):
    gateway, page = own_gateway
    page.open(bucket.name + "/").started()
    page.see(".lamp", "live")
    gateway.process.send_signal(signal.SIGKILL)
    page.wait(lambda: page.text(".lamp") == "no connection", "the truth", 5)


def test_the_lamp_sees_a_frozen_gateway_and_its_return(own_gateway, bucket):
    gateway, page = own_gateway
    bucket.put("a.txt", "x")
    page.open(bucket.name + "/").started().see_names("a.txt")
    page.see(".lamp", "live")
    os.kill(gateway.process.pid, signal.SIGSTOP)
    try:
        page.wait(lambda: page.text(".lamp") == "no connection", "the truth", 6)
        bucket.put("b.txt", "x")
        # A request meanwhile is shown as pending.
        page.keys("r")
        page.wait(lambda: page.one(".awaited").is_displayed(), "the bar")
    finally:
        os.kill(gateway.process.pid, signal.SIGCONT)
    page.see(".lamp", "live")
    page.see_names("a.txt", "b.txt")
    page.wait(lambda: not page.one(".awaited").is_displayed(), "the bar's end")


@pytest.mark.own_localstack
def test_the_lamp_sees_that_s3_hangs(tmp_path, chromium, start_mount):
    server = LocalStack.start()
    try:
        gateway = start_mount(fuse=False, endpoint=server.endpoint)
        bucket = Bucket(server.client(), "frozen").create()
        bucket.put("a.txt", "x")
        wait_until(lambda: "frozen" in gateway.http_names(""), 5, "the bucket")
        page = Browser(chromium, gateway.base).open("frozen/").started()
        page.see_names("a.txt")
        page.see(".lamp", "live")
        server.pause()
        try:
            page.see(".lamp", "S3 does not answer")
        finally:
            server.resume()
        page.see(".lamp", "live")
        chromium.get("about:blank")
    finally:
        server.stop()


def test_a_preview_that_failed_is_read_again_when_s3_is_back(bucket, chromium, start_mount, localstack):
    proxy = FaultProxy(localstack.endpoint)
    try:
        gateway = start_mount(fuse=False, endpoint=proxy.endpoint)
        bucket.put("a.txt", "at last")
        page = Browser(chromium, gateway.base).open(bucket.name + "/").started()
        page.see_names("a.txt")
        page.see(".lamp", "live")
        proxy.add(Status(503, "ServiceUnavailable"))
        page.see(".lamp", "S3 does not answer")
        page.click_name("a.txt")
        page.wait(lambda: page.all(".panel-body .failed"), "the reason", 60)
        proxy.clear()
        page.see_code("at last")
        chromium.get("about:blank")
    finally:
        proxy.close()


def test_an_encoded_object_is_shown(page, bucket):
    bucket.put("packed.txt", gzip.compress(b"inside the gzip\n" * 10), ContentType="text/plain", ContentEncoding="gzip")
    bucket.put("lies.txt", b"no gzip at all", ContentType="text/plain", ContentEncoding="gzip")
    page.open(bucket.name + "/").started().see_names("lies.txt", "packed.txt")
    page.click_name("packed.txt")
    page.see_code("inside the gzip")
    # A save would store the text itself, no longer compressed.
    assert not page.one(".panel .edit").is_displayed()
    page.click_name("lies.txt")
    page.see(".panel-body", "cannot be unpacked")
    page.script("void 0")
    assert [line for line in page.complaints() if "ERR_CONTENT_DECODING_FAILED" not in line] == []


def test_an_object_that_another_program_deleted_is_restored_from_its_versions(page, bucket):
    bucket.client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    bucket.put("a.txt", "dear")
    page.open(bucket.name + "/").started()
    page.click_name("a.txt")
    page.see_code("dear")
    bucket.delete("a.txt")
    page.see(".banner", "was deleted")
    page.button("Versions", ".banner")
    page.see(".versions", "delete marker")
    page.button("Restore", ".versions")
    page.wait(lambda: bucket.keys() == ["a.txt"] and bucket.get("a.txt") == b"dear", "the object again")
    versions = bucket.client.list_object_versions(Bucket=bucket.name)
    for version in versions.get("Versions", []) + versions.get("DeleteMarkers", []):
        bucket.client.delete_object(Bucket=bucket.name, Key=version["Key"], VersionId=version["VersionId"])


def test_an_action_without_a_gateway_fails_and_can_be_retried(own_gateway, bucket, start_mount):
    gateway, page = own_gateway
    bucket.put("a.txt", "x")
    bucket.put("dir/b.txt", "y")
    page.open(bucket.name + "/").started().see_names("dir/", "a.txt")
    gateway.process.send_signal(signal.SIGKILL)
    gateway.process.wait()
    page.click_name("a.txt")
    page.see(".panel-body", "does not answer")
    page.click(".panel .close")
    page.keys(Keys.END, Keys.DELETE)
    page.button("Delete", "dialog")
    page.see(".tray", "does not answer")
    page.see(".tray h3", "1 failed")
    page.see_names("dir/", "a.txt")
    page.click_name("dir/")
    page.see(".notice", "does not answer")
    start_mount(fuse=False, port=gateway.port)
    page.button("Try again", ".notice")
    page.see_names("b.txt")
    page.see(".lamp", "live")
    page.button("Retry", ".tray")
    page.see(".tray h3", "1 deleted")
    assert bucket.keys() == ["dir/b.txt"]
