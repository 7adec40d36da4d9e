"""Files and folders dropped on the page, and the question where a name exists."""

import pytest
from selenium.webdriver.common.keys import Keys

from harness.browser import replace_after_another_question


@pytest.fixture
def open_page(page, bucket):
    return page.open(bucket.name + "/").started()


def test_a_dropped_file_is_stored_with_its_type(open_page, bucket, tmp_path):
    (tmp_path / "note.json").write_text('{"a": 1}')
    open_page.drop(tmp_path / "note.json")
    open_page.see_names("note.json")
    assert bucket.get("note.json") == b'{"a": 1}'
    assert bucket.head("note.json")["ContentType"] == "application/json"
    open_page.see(".tray", "1 uploaded")


def test_a_dropped_folder_keeps_its_tree(open_page, bucket, tmp_path):
    tree = tmp_path / "tree"
    (tree / "deep" / "er").mkdir(parents=True)
    (tree / "empty").mkdir()
    (tree / "top.txt").write_text("top")
    (tree / "deep" / "er" / "日本 #1?.txt").write_text("leaf")
    open_page.drop(tree)
    open_page.see_names("tree/")
    open_page.see(".tray", "3 uploaded")
    assert sorted(bucket.keys()) == ["tree/deep/er/日本 #1?.txt", "tree/empty/", "tree/top.txt"]


def test_a_chosen_file_is_stored(open_page, bucket, tmp_path):
    (tmp_path / "chosen.txt").write_text("chosen")
    open_page.script("HTMLInputElement.prototype.click = () => {}")  # no system dialog
    open_page.keys("u")
    open_page.one("input[type=file]").send_keys(str(tmp_path / "chosen.txt"))
    open_page.see_names("chosen.txt")
    assert bucket.get("chosen.txt") == b"chosen"


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("Replace", {"a.txt": b"new"}),
        ("Skip", {"a.txt": b"old"}),
        ("Keep both", {"a.txt": b"old", "a (2).txt": b"new"}),
    ],
)
def test_an_existing_name_is_asked_about(page, bucket, tmp_path, choice, expected):
    bucket.put("a.txt", "old")
    (tmp_path / "a.txt").write_text("new")
    page.open(bucket.name + "/").started().see_names("a.txt")
    page.drop(tmp_path / "a.txt")
    page.see("dialog", "a.txt")
    assert bucket.get("a.txt") == b"old"
    page.button(choice, "dialog")
    page.wait(lambda: {key: bucket.get(key) for key in bucket.keys()} == expected, f"{expected}")


def test_a_name_that_appeared_meanwhile_is_asked_about_too(open_page, bucket, tmp_path):
    (tmp_path / "late.txt").write_text("new")
    bucket.put("late.txt", "old")  # the page may not have seen it yet
    open_page.drop(tmp_path / "late.txt")
    open_page.button("Skip", "dialog")
    open_page.see(".tray", "Skipped")
    assert bucket.get("late.txt") == b"old"


def test_one_answer_serves_for_all(page, bucket, tmp_path):
    for number in range(8):
        bucket.put(f"{number}.txt", "old")
        (tmp_path / f"{number}.txt").write_text("new")
    page.open(bucket.name + "/").started()
    page.wait(lambda: len(page.names()) == 8, "eight rows")
    page.drop(*[tmp_path / f"{number}.txt" for number in range(8)])
    page.click("dialog label.check input")
    page.button("Replace", "dialog")
    page.see(".tray", "8 uploaded")
    assert {bucket.get(f"{number}.txt") for number in range(8)} == {b"new"}


def test_a_cancelled_upload_stores_nothing_and_can_be_tried_again(open_page, bucket, tmp_path):
    open_page.cdp("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 200_000}
    (tmp_path / "large.bin").write_bytes(b"x" * 6_000_000)
    open_page.cdp("Network.emulateNetworkConditions", **slow)
    try:
        open_page.drop(tmp_path / "large.bin")
        open_page.wait(lambda: open_page.all(".tray li.running progress"), "progress")
        open_page.button("Cancel", ".tray li")
        open_page.see(".tray", "nothing was stored")
        # A cancelled upload does not count as failed.
        open_page.see(".tray h3", "1 cancelled")
        assert "uploaded" not in open_page.text(".tray h3")
        assert not open_page.all(".tray .failed")
    finally:
        open_page.cdp("Network.emulateNetworkConditions", **(slow | {"uploadThroughput": -1}))
    assert bucket.keys() == [] and bucket.uploads() == []
    open_page.button("Retry", ".tray")
    open_page.see(".tray", "1 uploaded")
    assert len(bucket.get("large.bin")) == 6_000_000


def test_nothing_is_taken_where_only_buckets_are(browser, bucket, tmp_path):
    (tmp_path / "x.txt").write_text("x")
    browser.open("").started()
    browser.drop(tmp_path / "x.txt")
    browser.keys(Keys.HOME)
    assert not browser.one(".tray").is_displayed() if browser.all(".tray") else True


def test_an_upload_replaces_only_the_version_that_the_dialog_showed(page, bucket, tmp_path):
    bucket.put("a.txt", "old")
    (tmp_path / "a.txt").write_text("new")
    page.open(bucket.name + "/").started().see_names("a.txt")
    page.drop(tmp_path / "a.txt")
    page.see("dialog", "3 B")
    replace_after_another_question(page, bucket, "a.txt")
    page.see(".tray", "1 uploaded")
    assert bucket.get("a.txt") == b"new"


def test_the_bar_of_a_job_is_named_as_its_title(open_page, tmp_path):
    open_page.cdp("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 200_000}
    (tmp_path / "large.bin").write_bytes(b"x" * 3_000_000)
    open_page.cdp("Network.emulateNetworkConditions", **slow)
    try:
        open_page.drop(tmp_path / "large.bin")
        open_page.see(".tray h3", "Uploading, 1 left")
        assert open_page.one(".tray .job > progress").get_attribute("aria-label") == "Uploading, 1 left"
    finally:
        open_page.cdp("Network.emulateNetworkConditions", **(slow | {"uploadThroughput": -1}))
    open_page.see(".tray h3", "1 uploaded")


def test_a_very_long_name_leaves_room_in_the_tray(open_page, bucket, tmp_path):
    name = "x" * 250
    (tmp_path / name).write_text("x")
    folder = ("d" * 200 + "/") * 3
    bucket.put(folder)
    open_page.open(bucket.name, folder).started()
    open_page.drop(tmp_path / name)
    open_page.see(".tray h3", "1 uploaded")
    assert open_page.one(".tray .job").rect["height"] < 110
    assert open_page.one(".tray .target").get_attribute("title").endswith("d/")
