"""New, rename, move, copy, delete."""

from selenium.webdriver.common.keys import Keys

from harness.browser import replace_after_another_question


def test_a_folder_and_a_file_are_made(page, bucket):
    page.open(bucket.name + "/").started()
    page.button("New folder")
    page.answer("photos")
    page.see_names("photos/")
    assert bucket.keys() == ["photos/"]
    page.button("New file")
    page.answer("hello.txt")
    page.one(".editor .CodeMirror-focused")
    page.keys("hello")
    page.button("Save")
    page.wait(lambda: bucket.get("hello.txt") == b"hello", "the saved text")


def test_a_bucket_is_made_and_deleted(browser, s3, bucket, bucket_name):
    name = f"{bucket_name}-new"
    browser.open("").started()
    browser.button("New bucket")
    browser.answer(name)
    browser.wait(lambda: f"{name}/" in browser.names(), "the new bucket")
    browser.one("#filter").send_keys(name, Keys.ENTER)
    browser.see_names(f"{name}/")
    browser.keys(Keys.HOME, Keys.DELETE)
    browser.see("dialog", name)
    browser.button("Delete", "dialog")
    browser.see_names()
    assert name not in [found["Name"] for found in s3.list_buckets()["Buckets"]]


def test_an_object_is_renamed(page, bucket):
    bucket.put("old.txt", "x", Metadata={"kept": "yes"})
    page.open(bucket.name + "/").started().see_names("old.txt")
    page.keys(Keys.HOME, Keys.F2)
    page.answer("new name.txt")
    page.see_names("new name.txt")
    assert bucket.keys() == ["new name.txt"] and bucket.head("new name.txt")["Metadata"] == {"kept": "yes"}


def test_a_name_that_exists_is_refused_before_anything_happens(page, bucket):
    bucket.put("a.txt", "a")
    bucket.put("b.txt", "b")
    page.open(bucket.name + "/").started().see_names("a.txt", "b.txt")
    page.keys(Keys.HOME, Keys.F2)
    page.answer("b.txt")
    page.see("dialog .complaint", "exists")
    page.keys(Keys.ESCAPE)
    page.see_no_dialog()
    assert bucket.get("b.txt") == b"b"


def test_a_folder_is_renamed_with_what_is_in_it(page, bucket):
    bucket.put("dir/a.txt", "a")
    bucket.put("dir/sub/b.txt", "b")
    page.open(bucket.name + "/").started().see_names("dir/")
    page.keys(Keys.HOME, Keys.F2)
    page.answer("folder")
    page.see_names("folder/")
    assert sorted(key for key in bucket.keys() if not key.endswith("/")) == ["folder/a.txt", "folder/sub/b.txt"]


def test_several_are_moved_and_copied(page, bucket):
    bucket.put("a.txt", "a")
    bucket.put("b.txt", "b")
    bucket.put("into/keep.txt", "k")
    page.open(bucket.name + "/").started().see_names("into/", "a.txt", "b.txt")
    page.keys(Keys.END)
    page.chord(Keys.SHIFT, Keys.ARROW_UP)
    page.keys("m")
    page.answer(f"/{bucket.name}/into/")
    page.see_names("into/")
    assert sorted(bucket.keys()) == ["into/a.txt", "into/b.txt", "into/keep.txt"]
    page.click_name("into/")
    page.see_names("a.txt", "b.txt", "keep.txt")
    page.keys(Keys.HOME, "c")
    page.answer(f"/{bucket.name}/into/")
    page.see_names("a (2).txt", "a.txt", "b.txt", "keep.txt")
    assert bucket.get("into/a (2).txt") == b"a"


def test_deletion_names_the_objects_and_can_be_cancelled(page, bucket):
    for key in ("a.txt", "b.txt", "dir/c.txt"):
        bucket.put(key, "x")
    page.open(bucket.name + "/").started().see_names("dir/", "a.txt", "b.txt")
    page.chord(Keys.CONTROL, "a")
    page.keys(Keys.DELETE)
    page.wait(lambda: [item.text for item in page.all("dialog li")] == ["dir/ 1 object, 1 B", "a.txt", "b.txt"], "the names")
    page.keys(Keys.ESCAPE)
    page.see_no_dialog()
    assert len(bucket.keys()) == 3
    page.keys(Keys.DELETE)
    page.button("Delete", "dialog")
    page.see_names()
    page.see(".notice", "Empty")
    assert bucket.keys() == []


def test_the_menu_of_a_row_offers_the_same(page, bucket):
    bucket.put("a.txt", "x")
    page.open(bucket.name + "/").started().see_names("a.txt")
    page.click(".row .more button")
    page.see(".menu", "Rename")
    page.keys(Keys.ESCAPE)
    page.wait(lambda: not page.all(".menu"), "the menu's end")


def stale(page, bucket, *names):
    """The page lists objects as they were: it gets no events from now on."""
    page.open(bucket.name + "/").started().see_names(*names)
    page.see(".lamp", "live")
    page.script("window.EventSource = class { addEventListener() {} close() {} }")
    for _ in range(2):
        page.click(".recent")
    page.see_names(*names)
    return page


def test_an_object_that_changed_is_deleted_only_after_another_confirmation(page, bucket):
    bucket.put("a.txt", "seen")
    stale(page, bucket, "a.txt")
    bucket.put("a.txt", "newer, and dear")
    page.keys(Keys.HOME, Keys.DELETE)
    page.button("Delete", "dialog")
    page.see("dialog h2", "a.txt has changed")
    page.see("dialog", "15 B")
    assert bucket.get("a.txt") == b"newer, and dear"
    page.button("Skip", "dialog")
    page.see(".tray h3", "0 deleted, 1 skipped")
    assert bucket.get("a.txt") == b"newer, and dear"
    page.keys(Keys.HOME, Keys.DELETE)
    page.button("Delete", "dialog")
    page.see(".tray h3", "1 deleted")
    assert bucket.keys() == []


def test_of_several_only_those_that_changed_are_asked_about(page, bucket):
    names = [f"{number}.txt" for number in range(4)]
    for name in names:
        bucket.put(name, "seen")
    stale(page, bucket, *names)
    bucket.put("1.txt", "newer")
    bucket.put("2.txt", "newer")
    page.chord(Keys.CONTROL, "a")
    page.keys(Keys.DELETE)
    page.button("Delete", "dialog")
    page.see("dialog h2", "has changed")
    page.wait(lambda: len(bucket.keys()) == 2, "the others' deletion")
    page.click("dialog label.check input")
    page.button("Delete", "dialog")
    page.see(".tray h3", "4 deleted")
    assert bucket.keys() == []


def test_a_copy_replaces_only_the_version_that_the_dialog_showed(page, bucket):
    bucket.put("a.txt", "mine")
    bucket.put("into/a.txt", "theirs")
    page.open(bucket.name + "/").started().see_names("into/", "a.txt")
    page.keys(Keys.END, "c")
    page.answer(f"/{bucket.name}/into/")
    page.see("dialog", "6 B")
    replace_after_another_question(page, bucket, "into/a.txt")
    page.see(".tray h3", "1 copied")
    assert bucket.get("into/a.txt") == b"mine"


def test_an_object_is_no_folder_to_copy_into(page, bucket):
    for key in ("a.txt", "b.txt", "c.txt"):
        bucket.put(key, key)
    page.open(bucket.name + "/").started().see_names("a.txt", "b.txt", "c.txt")
    page.keys(Keys.END)
    page.chord(Keys.SHIFT, Keys.ARROW_UP)
    page.keys("c")
    page.answer(f"/{bucket.name}/a.txt")
    page.see("dialog .complaint", "is an object")
    assert bucket.keys() == ["a.txt", "b.txt", "c.txt"]
    page.answer(f"/{bucket.name}/a.txt/")
    page.see(".tray h3", "2 copied")
    assert bucket.keys() == ["a.txt", "a.txt/b.txt", "a.txt/c.txt", "b.txt", "c.txt"]
