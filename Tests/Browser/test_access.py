"""axe-core in every view, in both languages and colour schemes, at every width; and narrow windows."""

import json
from importlib.resources import files

import pytest
import requests
from selenium.webdriver.common.keys import Keys

AXE = files("axe_core_python").joinpath("axe.min.js").read_text()
RUN = """const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ['violations'] }).then((results) => done(results.violations.map((rule) =>
    [rule.id, rule.help, rule.nodes.slice(0, 3).map((node) => node.html.slice(0, 200) + ' ' + node.failureSummary.slice(0, 300))])))"""


def check(page, view):
    """Checks that the page violates none of axe's rules, and that no text is outside of the window."""
    page.cdp("Runtime.evaluate", expression=AXE)
    found = page.driver.execute_async_script(RUN)
    assert not found, f"{view}: {json.dumps(found, indent=1, ensure_ascii=False)}"
    # A phone's browser widens its window for content that does not fit, so that the window's width proves nothing.
    needed = page.script("return document.documentElement.scrollWidth")
    assert needed <= getattr(page, "width", needed), f"{view} scrolls sideways: {needed} px"


def fill(bucket):
    bucket.put("a.txt", "one\ntwo\n", ContentType="text/plain", Metadata={"team": "blue"}, Tagging="stage=dev")
    bucket.put("b.json", json.dumps({"a": [1, {"b": None}], "c": "text"}))
    bucket.put("c.md", "# Title\n\n- [x] done\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```\n")
    bucket.put("d.csv", "a,b\n1,2\n")
    bucket.put("e.bin", bytes(range(256)) * 100)
    bucket.put("f.ndjson", '{"a": 1}\n{"a": 2}\n')
    bucket.put("dir/x.txt", "x")
    bucket.put("a-rather-long-name-of-an-object-that-does-not-fit-a-phone-and-has-no-place-to-break.txt", "x")


SETTINGS = [
    (1440, "en", "light"), (1440, "ja", "dark"), (1024, "en", "dark"), (1024, "ja", "light"),
    (390, "en", "light"), (390, "ja", "dark"), (320, "en", "dark"), (320, "ja", "light"),
]  # fmt: skip


@pytest.fixture(params=SETTINGS, ids=lambda setting: "-".join(map(str, setting)))
def setting(request, page, bucket):
    width, language, scheme = request.param
    fill(bucket)
    page.width = width
    page.cdp("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 500)
    page.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}])
    page.script("localStorage.setItem('localstackmount.language', arguments[0])", language)
    return page


@pytest.mark.timeout(600)
def test_every_view_is_accessible(setting, bucket, tmp_path):
    page = setting
    page.open("").started().wait(lambda: page.names(), "the buckets")
    check(page, "buckets")
    page.open(bucket.name + "/").started().wait(lambda: len(page.names()) == 8, "the rows")
    check(page, "list")
    page.click(".row input")
    page.one(".row[aria-selected=true]")
    check(page, "selection")
    for name, shown in (("a.txt", ".CodeMirror-code"), ("b.json", ".tree"), ("c.md", ".prose h1"), ("d.csv", ".sheet"), ("e.bin", ".hex"), ("f.ndjson", ".record")):
        page.open(bucket.name + "/", query=f"#open={name}").started()
        page.one(f".panel {shown}")
        check(page, name)
    page.open(bucket.name + "/", query="#open=a.txt&tab=properties").started()
    page.one(".facts dl")
    check(page, "properties")
    page.click(".edit-properties")
    page.one(".stacked input")
    check(page, "properties' form")
    page.open("-", "health")
    page.open(bucket.name + "/", query="#open=a.txt&tab=versions").started()
    page.one(".panel-body .notice, .versions")
    check(page, "versions")
    page.open("-", "health")
    page.open(bucket.name + "/", query="#open=a.txt").started()
    page.wait(lambda: page.one(".panel .edit").is_displayed(), "the button")
    page.click(".panel .edit")
    page.one(".editor .CodeMirror-focused")
    check(page, "editor")
    page.open("-", "health")
    page.open("", query=f"#open={bucket.name}%2F&tab=properties").started()
    page.click(".show-deleted")
    page.one(".deleted h3")
    check(page, "a bucket's properties")
    page.open(bucket.name + "/", query="#view=recent").started().wait(lambda: len(page.names()) == 8, "the newest")
    check(page, "recent")
    page.open(bucket.name + "/", query="?q=zzz").started()
    page.one(".notice .icon-search")
    check(page, "nothing found")


@pytest.mark.timeout(600)
def test_snapshots_are_accessible(setting, bucket, gateway):
    page = setting
    snapshot = f"{gateway.base}/-/snapshots/{bucket.name}"
    requests.post(f"{snapshot}?bucket={bucket.name}", timeout=60).raise_for_status()
    try:
        bucket.put("a.txt", "one\n2\n", ContentType="text/plain", Metadata={"team": "red"}, Tagging="stage=dev")
        bucket.put("b.json", "{}", Metadata={"team": "red"})
        bucket.put("c.md", bucket.get("c.md"), Metadata={"team": "red"})
        page.open(bucket.name + "/", query=f"#view=snapshots&snapshot={bucket.name}").started()
        page.wait(lambda: len(page.all(".difference")) == 3, "the differences")
        page.script("for (const row of document.querySelectorAll('.difference')) row.open = true")
        page.wait(lambda: page.all(".diff .line") and page.all(".changed-properties"), "what is different")
        check(page, "snapshots")
        page.script("document.querySelector(`.snapshot-list li[data-name='${arguments[0]}'] button:nth-of-type(2)`).click()", bucket.name)
        page.one("dialog .names")
        check(page, "restore")
        page.keys(Keys.ESCAPE)
        page.see_no_dialog()
    finally:
        requests.delete(snapshot, timeout=60)


@pytest.mark.timeout(600)
def test_every_dialog_is_accessible(setting, bucket, tmp_path):
    page = setting
    (tmp_path / "a.txt").write_text("x")
    page.open(bucket.name + "/").started().wait(lambda: len(page.names()) == 8, "the rows")
    for key in ("?", "y", Keys.DELETE, "n", "m", Keys.F2):
        page.script("document.getElementById('entries').focus()")
        page.keys(Keys.END, key)
        page.one("dialog")
        check(page, f"the dialog of {key!r}")
        page.keys(Keys.ESCAPE)
        page.see_no_dialog()
    page.click(".row .more button")
    page.one(".menu")
    check(page, "menu")
    page.keys(Keys.ESCAPE)
    page.drop(tmp_path / "a.txt", at=(200, page.one(".head").rect["y"] + 10))
    page.one("dialog .check, dialog .names")
    check(page, "conflict")
    page.keys(Keys.ESCAPE)
    page.one(".tray .job")
    check(page, "tray")


def test_an_empty_folder_is_accessible(page, bucket):
    page.open(bucket.name + "/").started()
    page.see(".notice", "Empty")
    check(page, "empty folder")


def test_the_page_without_scripts_is_accessible(page, bucket):
    fill(bucket)
    page.open(bucket.name + "/", query="?plain")
    page.see("main h1", bucket.name)
    check(page, "?plain")
    page.open(bucket.name, "missing")
    check(page, "refusal")


def test_a_low_window_keeps_a_list(page, bucket):
    fill(bucket)
    page.cdp("Emulation.setDeviceMetricsOverride", width=320, height=256, deviceScaleFactor=1, mobile=False)
    page.open(bucket.name + "/").started().wait(lambda: page.names(), "the rows")
    assert page.script("return document.querySelector('.grid').clientHeight") >= 150
    assert page.script("return document.documentElement.scrollWidth") <= 320


def test_a_phone_has_times_an_order_and_delete(page, bucket):
    for name in ("a.txt", "b.txt"):
        bucket.put(name, name * 3 if name == "b.txt" else name)
    page.cdp("Emulation.setDeviceMetricsOverride", width=320, height=640, deviceScaleFactor=1, mobile=True)
    page.open(bucket.name + "/").started().see_names("a.txt", "b.txt")
    # Within the first second it is "now".
    assert any(word in page.text(".row .under").partition("·")[2] for word in ("now", "ago", "20"))
    page.click(".sort-menu")
    page.button("Largest first", ".menu")
    page.see_names("b.txt", "a.txt")
    page.click(".row input")
    shown = "const box = arguments[0].getBoundingClientRect(); return box.width > 20 && box.left >= 0 && box.right <= innerWidth"
    for label in ("Delete", "Download", "Move to…", "Rename"):
        buttons = [button for button in page.all(".chosen button") if button.get_attribute("aria-label") == label]
        assert page.script(shown, buttons[0]), label
    page.button("Delete", ".chosen")
    page.see("dialog h2", "Delete b.txt?")


def test_the_counts_of_a_filter_are_announced(page, bucket):
    fill(bucket)
    page.open(bucket.name + "/").started().wait(lambda: page.names(), "the rows")
    summary = page.one(".status .summary")
    assert summary.get_attribute("role") == "status"
    page.one("#filter").send_keys("b.json")
    page.see(".status .summary", "filtered out")


def test_refusals_speak_the_pages_language(page, bucket):
    bucket.put("a.txt", "x")
    page.script("localStorage.setItem('localstackmount.language', 'ja')")
    page.open(bucket.name + "/", query="#open=missing.txt").started()
    page.see(".panel-body", "このオブジェクトは存在しません")
    page.open(bucket.name + "/").started().see_names("a.txt")
    page.keys(Keys.HOME, "m")
    page.answer("/no-such-bucket-here/x/")
    page.see("dialog .complaint", "バケット")
    page.keys(Keys.ESCAPE)
    page.see_no_dialog()


def test_an_empty_folder_lists_no_zeros(page, bucket):
    page.open(bucket.name + "/").started()
    page.see(".status .summary", "0 objects")
    assert "folders" not in page.text(".status .summary")
    bucket.put("d/x", "x")
    page.see_names("d/")
    page.wait(lambda: page.text(".status .summary") == "1 folder", "the folder alone")


def test_snippets_for_curl_name_the_user_where_one_is_needed(start_mount, chromium, bucket):
    from harness.browser import Browser

    bucket.put("a.txt", "x")
    gateway = start_mount("--auth", "me:secret", fuse=False, http=False, listen=True)
    from harness.processes import run
    from harness.waiting import wait_until

    base = f"http://127.0.0.1:{gateway.port}"
    wait_until(lambda: run("curl", "-fsS", "-u", "me:secret", base + "/-/ready", check=False).returncode == 0, 20, "the gateway's start")
    page = Browser(chromium, base)
    chromium.get(base.replace("://", "://me:secret@") + f"/{bucket.name}/")
    page.started().see_names("a.txt")
    page.keys(Keys.HOME, "y")
    page.see("dialog", "curl -fsS -u USER:PASSWORD -o a.txt")
    chromium.get("about:blank")
