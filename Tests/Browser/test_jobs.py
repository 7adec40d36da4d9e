"""Long jobs: one question at a time, the exact result at the end, cancelling and undoing."""

import pytest
from selenium.webdriver.common.keys import Keys


@pytest.fixture
def five_onto_five(page, bucket):
    for number in range(5):
        bucket.put(f"f{number}.txt", "new")
        bucket.put(f"dst/f{number}.txt", "old!")
    page.open(bucket.name + "/").started().see_names("dst/", *[f"f{number}.txt" for number in range(5)])
    page.keys(Keys.END)
    for _ in range(4):
        page.chord(Keys.SHIFT, Keys.ARROW_UP)
    page.keys("m")
    page.answer(f"/{bucket.name}/dst/")
    page.see("dialog h2", "already exists")
    return page


def dialogs(page):
    return len(page.all("dialog"))


def test_questions_come_one_at_a_time_and_name_both_sides(five_onto_five):
    page = five_onto_five
    page.wait(lambda: "4 B" in page.text("dialog") and "3 B" in page.text("dialog"), "both sizes")
    assert dialogs(page) == 1
    first = page.text("dialog h2")
    page.button("Skip", "dialog")
    page.wait(lambda: page.text("dialog h2") not in ("", first), "the next question")
    assert dialogs(page) == 1
    page.keys(Keys.ESCAPE)
    page.see_no_dialog()


def test_escape_stops_the_rest_and_the_tray_shows_the_exact_result(five_onto_five, bucket):
    page = five_onto_five
    page.keys(Keys.ESCAPE)
    page.see(".tray h3", "5 cancelled")
    page.see_no_dialog()
    assert "moved" not in page.text(".tray h3")
    assert len(bucket.keys()) == 10 and {bucket.get(f"dst/f{n}.txt") for n in range(5)} == {b"old!"}


def test_an_answer_is_for_one_unless_it_is_for_all(five_onto_five, bucket):
    page = five_onto_five
    first = page.text("dialog h2").removesuffix(" already exists").rsplit("/", 1)[1]
    page.button("Keep both", "dialog")
    page.wait(lambda: page.all("dialog") and first not in page.text("dialog h2"), "the question about another")
    page.click("dialog label.check input")
    page.button("Skip", "dialog")
    page.see(".tray h3", "1 moved, 4 skipped")
    stem = first.removesuffix(".txt")
    assert bucket.get(f"dst/{stem} (2).txt") == b"new" and bucket.get(f"dst/{first}") == b"old!"


def test_replace_for_all(five_onto_five, bucket):
    page = five_onto_five
    page.click("dialog label.check input")
    page.button("Replace", "dialog")
    page.see(".tray h3", "5 moved")
    assert sorted(bucket.keys()) == [f"dst/f{n}.txt" for n in range(5)] and bucket.get("dst/f3.txt") == b"new"
    # Replaced objects cannot be restored, so no undo is offered.
    assert "Undo" not in page.text(".tray")


def move_two(page, bucket):
    """Moves a.txt and b.txt into the folder `into`, which holds x.txt."""
    for key in ("a.txt", "b.txt", "into/x.txt"):
        bucket.put(key, key)
    page.open(bucket.name + "/").started().see_names("into/", "a.txt", "b.txt")
    page.keys(Keys.END)
    page.chord(Keys.SHIFT, Keys.ARROW_UP)
    page.keys("m")
    page.answer(f"/{bucket.name}/into/")
    page.see(".tray h3", "2 moved")


def test_a_move_is_undone(page, bucket):
    move_two(page, bucket)
    page.see_names("into/")
    page.button("Undo", ".tray")
    page.see(".tray h3", "2 restored")
    page.see_names("into/", "a.txt", "b.txt")
    assert sorted(bucket.keys()) == ["a.txt", "b.txt", "into/x.txt"]


def test_what_another_client_changed_since_is_not_moved_back(page, bucket):
    move_two(page, bucket)
    bucket.put("into/b.txt", "another client's")
    page.button("Undo", ".tray")
    page.see(".tray h3", "1 restored, 1 could not be restored")
    page.see(".tray", f"/{bucket.name}/into/b.txt has changed since")
    assert sorted(bucket.keys()) == ["a.txt", "into/b.txt", "into/x.txt"] and bucket.get("into/b.txt") == b"another client's"


@pytest.mark.parametrize("change", [("into/f/new.txt", "new"), ("into/f/a.txt", "another client's")])
def test_a_folder_in_which_another_client_changed_something_is_not_moved_back(page, bucket, change):
    for key in ("f/a.txt", "f/deep/b.txt", "into/x.txt"):
        bucket.put(key, key)
    page.open(bucket.name + "/").started().see_names("f/", "into/")
    page.keys(Keys.HOME, "m")
    page.answer(f"/{bucket.name}/into/")
    page.see(".tray h3", "1 moved")
    bucket.put(*change)
    before = sorted(bucket.keys())
    page.button("Undo", ".tray")
    page.see(".tray h3", "1 could not be restored")
    page.see(".tray", f"/{bucket.name}/into/f/ has changed since")
    assert sorted(bucket.keys()) == before and bucket.get(change[0]) == change[1].encode()


def test_a_move_whose_old_place_is_taken_is_not_undone(page, bucket):
    for key in ("a.txt", "into/x.txt"):
        bucket.put(key, key)
    page.open(bucket.name + "/").started().see_names("into/", "a.txt")
    page.keys(Keys.END, "m")
    page.answer(f"/{bucket.name}/into/")
    page.see(".tray h3", "1 moved")
    bucket.put("a.txt", "another client's")
    page.button("Undo", ".tray")
    page.see(".tray", f"/{bucket.name}/a.txt exists already. Nothing was moved back.")
    assert "&replace" not in page.text(".tray") and bucket.get("a.txt") == b"another client's"


def test_a_folders_move_is_undone(page, bucket):
    for key in ("f/a.txt", "f/deep/b.txt", "into/x.txt"):
        bucket.put(key, key)
    page.open(bucket.name + "/").started().see_names("f/", "into/")
    page.keys(Keys.HOME, "m")
    page.answer(f"/{bucket.name}/into/")
    page.see(".tray h3", "1 moved")
    page.button("Undo", ".tray")
    page.see(".tray h3", "1 restored")
    assert sorted(bucket.keys()) == ["f/a.txt", "f/deep/b.txt", "into/x.txt"]


def test_a_wrong_destination_keeps_the_dialog_and_what_was_typed(page, bucket):
    bucket.put("a.txt", "x")
    page.open(bucket.name + "/").started().see_names("a.txt")
    page.keys(Keys.HOME, "m")
    page.answer("/no-such-bucket-here/x/")
    page.see("dialog .complaint", "There is no bucket")
    assert page.one("dialog input[type=text]").get_attribute("value") == "/no-such-bucket-here/x/"
    page.keys(Keys.ESCAPE)
    page.see_no_dialog()


def test_a_folder_that_exists_is_a_destination_without_its_slash_too(page, bucket):
    for key in ("a.txt", "into/x.txt", "object"):
        bucket.put(key, "x")
    page.open(bucket.name + "/").started().see_names("into/", "a.txt", "object")
    page.keys(Keys.HOME, Keys.ARROW_DOWN, "m")
    page.answer(f"/{bucket.name}/object")
    page.see("dialog .complaint", "is an object")
    page.answer(f"/{bucket.name}/into")
    page.see(".tray h3", "1 moved")
    assert sorted(bucket.keys()) == ["into/a.txt", "into/x.txt", "object"]


def test_a_destination_is_read_as_it_was_meant(page, bucket):
    for key in ("f/a.txt", "f/b.txt"):
        bucket.put(key, key)
    page.open(bucket.name + "/f/").started().see_names("a.txt", "b.txt")
    page.keys(Keys.HOME, "m")
    page.answer("/no-such-bucket-here/")
    page.wait(lambda: page.text("dialog .complaint") == "There is no bucket no-such-bucket-here", "the bucket's name alone")
    page.answer("/no-such-bucket-here")
    page.wait(lambda: page.text("dialog .complaint") == "There is no bucket no-such-bucket-here", "the same without the slash")
    page.answer(f"/{bucket.name}/" + "x" * 1100)
    page.see("dialog .complaint", "too long")
    page.answer("/" + "x" * 17_000 + "/")
    page.see("dialog .complaint", "too long")
    page.answer(f" /{bucket.name} ")
    page.see(".tray h3", "1 moved")
    page.keys(Keys.HOME, "c")
    page.answer(f"/{bucket.name}/ ")
    page.see(".tray h3", "1 copied")
    assert sorted(bucket.keys()) == ["a.txt", "b.txt", "f/b.txt"]


def test_what_cannot_be_moved_to_a_place_is_said_in_the_dialog(page, bucket):
    for key in ("a.txt", "f/x.txt"):
        bucket.put(key, "x")
    page.open(bucket.name + "/").started().see_names("f/", "a.txt")
    page.keys(Keys.END, "m")
    page.answer(f"/{bucket.name}/")
    page.see("dialog .complaint", "It is there already")
    page.keys(Keys.ESCAPE)
    page.see_no_dialog()
    for verb in ("m", "c"):
        for there in (f"/{bucket.name}/f/", f"/{bucket.name}/f/deep"):
            page.keys(Keys.HOME, verb)
            page.answer(there)
            page.see("dialog .complaint", "cannot be moved or copied into itself")
            page.keys(Keys.ESCAPE)
            page.see_no_dialog()
    assert not page.all(".tray .job") and sorted(bucket.keys()) == ["a.txt", "f/x.txt"]


def test_a_destination_is_remembered_once_something_is_there(page, bucket):
    for key in ("a.txt", "f/x.txt"):
        bucket.put(key, "x")
    page.open(bucket.name + "/").started().see_names("f/", "a.txt")
    page.script("window.fetched = fetch; fetch = (url, options) => (options?.method === 'POST' ? Promise.reject(new TypeError('cut')) : fetched(url, options))")
    page.keys(Keys.END, "m")
    page.answer(f"/{bucket.name}/f/")
    page.see(".tray h3", "1 failed")
    remembered = "return Object.values(localStorage).some((value) => value.includes(arguments[0]))"
    assert not page.script(remembered, f"/{bucket.name}/f/")
    page.script("fetch = window.fetched")
    page.button("Retry", ".tray")
    page.see(".tray h3", "1 moved")
    assert page.script(remembered, f"/{bucket.name}/f/")


def test_targets_are_completed_and_remembered(page, bucket):
    for key in ("a.txt", "b.txt", "into/deep/x.txt"):
        bucket.put(key, "x")
    page.open(bucket.name + "/").started().see_names("into/", "a.txt", "b.txt")
    page.keys(Keys.END, "c")
    page.one("dialog input[type=text]").send_keys(f"/{bucket.name}/into/")
    offered = "return [...document.querySelectorAll('dialog datalist option')].map((option) => option.value)"
    page.wait(lambda: page.script(offered) == [f"/{bucket.name}/into/deep/"], "a completion")
    page.answer(f"/{bucket.name}/into/deep/")
    page.see(".tray h3", "1 copied")
    page.keys(Keys.HOME, Keys.ARROW_DOWN, "c")
    page.button(f"/{bucket.name}/into/deep/", "dialog")
    page.keys(Keys.ENTER)
    page.wait(lambda: "into/deep/a.txt" in bucket.keys(), "the copy")


def test_two_notes_lie_beside_each_other(page, bucket):
    bucket.client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    for key in ("a.txt", "b.txt"):
        bucket.put(key, key)
    page.open(bucket.name + "/").started().see_names("a.txt", "b.txt")
    for name in ("a.txt", "b.txt"):
        page.keys(Keys.HOME, Keys.DELETE)
        page.see("dialog .fate", "undo")
        page.button("Delete", "dialog")
        page.wait(lambda name=name: name not in page.names(), "the deletion")
    page.wait(lambda: len([undo for undo in page.all(".tray .undo") if undo.is_displayed()]) == 2, "two ways back")
    boxes = [job.rect for job in page.all(".tray .job")]
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"] + 1
    # However much later, and however often the tray was closed.
    page.click(".tray .dismiss")
    page.wait(lambda: not page.one(".tray").is_displayed(), "the tray's end")
    page.click(".activity")
    for left in (1, 0):
        page.button("Undo", ".tray")
        page.wait(lambda left=left: len([undo for undo in page.all(".tray .undo") if undo.is_displayed()]) == left, "the button's end")
    page.see_names("a.txt", "b.txt")
    versions = bucket.client.list_object_versions(Bucket=bucket.name)
    for version in versions.get("Versions", []) + versions.get("DeleteMarkers", []):
        bucket.client.delete_object(Bucket=bucket.name, Key=version["Key"], VersionId=version["VersionId"])


def test_a_zip_that_cannot_be_made_is_a_line_and_no_other_page(page, bucket, tmp_path):
    bucket.put("a.txt", "a")
    bucket.put("new\nline.txt", "n")
    page.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    page.open(bucket.name + "/").started()
    page.wait(lambda: len(page.names()) == 2, "two rows")
    page.chord(Keys.CONTROL, "a")
    page.keys("d")
    page.see(".tray h3", "1 downloaded")
    page.wait(lambda: list(tmp_path.glob("*.zip")), "the download")
    bucket.delete("a.txt")
    page.script("window.still = true")
    page.chord(Keys.CONTROL, "a")
    page.keys("d")
    page.wait(lambda: page.script("return window.still") is True, "the same page")


def test_two_buckets_are_downloaded(browser, bucket, s3, tmp_path):
    from harness.localstack import Bucket

    other = Bucket(s3, f"{bucket.name}-b").create()
    bucket.put("a.txt", "a")
    other.put("b.txt", "b")
    try:
        browser.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
        browser.open("", query=f"#filter={bucket.name}").started().see_names(f"{bucket.name}/", f"{other.name}/")
        browser.chord(Keys.CONTROL, "a")
        browser.see_selected([f"{bucket.name}/", f"{other.name}/"])
        browser.keys("d")
        browser.wait(lambda: len(list(tmp_path.glob("*.zip"))) == 2, "two archives")
        browser.see(".tray h3", "2 downloaded")
    finally:
        other.remove()
