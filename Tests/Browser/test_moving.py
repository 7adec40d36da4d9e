"""Navigation and moving: tabs, dragging, cutting and pasting, dropping on folders, finding."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys


@pytest.fixture
def rows(page, bucket):
    for key in ("into/x.txt", "a.txt", "b.txt"):
        bucket.put(key, key)
    page.open(bucket.name + "/").started().see_names("into/", "a.txt", "b.txt")
    return page


def link(page, name):
    return page.row(name).find_element("css selector", ".name a")


def test_ctrl_click_on_a_name_opens_a_tab(rows):
    driver = rows.driver
    rows.click_with(Keys.CONTROL, link(rows, "into/"))
    rows.wait(lambda: len(driver.window_handles) == 2, "another tab")
    rows.see_names("into/", "a.txt", "b.txt")
    first, second = driver.window_handles
    driver.switch_to.window(second)
    rows.see_names("x.txt")
    driver.close()
    driver.switch_to.window(first)


def test_a_name_can_be_marked_with_the_mouse(rows):
    box = link(rows, "a.txt").rect
    ActionChains(rows.driver).move_to_element_with_offset(link(rows, "a.txt"), -box["width"] / 2 + 1, 0).click_and_hold().move_by_offset(box["width"], 0).release().perform()
    assert "a.tx" in rows.script("return getSelection().toString()")
    assert not rows.one(".panel").is_displayed()


def test_chosen_rows_are_dragged_onto_a_folder(rows, bucket):
    rows.click(".row:nth-child(2) input")
    rows.click(".row:nth-child(3) input")
    rows.see_selected(["a.txt", "b.txt"])
    ActionChains(rows.driver).drag_and_drop(link(rows, "a.txt"), link(rows, "into/")).perform()
    rows.see(".tray h3", "2 moved")
    rows.see_names("into/")
    assert sorted(bucket.keys()) == ["into/a.txt", "into/b.txt", "into/x.txt"]


def test_rows_are_dragged_onto_the_path(rows, bucket):
    rows.click_name("into/")
    rows.see_names("x.txt")
    rows.click(".row input")
    rows.see_selected(["x.txt"])
    ActionChains(rows.driver).drag_and_drop(link(rows, "x.txt"), rows.one(f".crumbs a[data-path='/{bucket.name}/']")).perform()
    rows.see(".tray h3", "1 moved")
    assert sorted(bucket.keys()) == ["a.txt", "b.txt", "x.txt"]


def test_rows_are_cut_copied_and_pasted(rows, bucket):
    rows.keys(Keys.END)
    rows.chord(Keys.CONTROL, "x")
    rows.see(".toasts", "1 cut")
    rows.click_name("into/")
    rows.see_names("x.txt")
    rows.chord(Keys.CONTROL, "v")
    rows.see_names("b.txt", "x.txt")
    rows.keys(Keys.END)
    rows.chord(Keys.CONTROL, "c")
    rows.chord(Keys.CONTROL, "v")
    rows.wait(lambda: len(rows.names()) == 3, "the copy")
    assert len(bucket.keys()) == 4 and "b.txt" not in bucket.keys()


def test_files_dropped_on_a_folders_row_go_there(rows, bucket, tmp_path):
    (tmp_path / "dropped.txt").write_text("d")
    box = rows.row("into/").rect
    rows.drop(tmp_path / "dropped.txt", at=(box["x"] + 200, box["y"] + 10))
    rows.see(".tray h3", "1 uploaded")
    assert bucket.get("into/dropped.txt") == b"d"
    rows.see(".tray", f"to /{bucket.name}/into/")


def test_files_are_pasted(rows, bucket):
    rows.script("""const transfer = new DataTransfer(); transfer.items.add(new File(['pasted'], 'pasted.txt'));
        document.getElementById('entries').dispatchEvent(new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true }))""")
    rows.see_names("into/", "a.txt", "b.txt", "pasted.txt")
    assert bucket.get("pasted.txt") == b"pasted"


def test_a_drop_that_cannot_be_taken_says_why(browser, bucket, tmp_path):
    (tmp_path / "x.txt").write_text("x")
    browser.open("").started()
    browser.drop(tmp_path / "x.txt", at=(300, 95))
    browser.see(".toasts", "Files cannot be stored here")
    bucket.put("needle.txt", "x")
    browser.open(bucket.name + "/", query="?q=needle").started().see_names("needle.txt")
    browser.drop(tmp_path / "x.txt")
    browser.see(".toasts", "results are from many folders")


def test_ctrl_f_goes_to_the_filter(rows):
    rows.chord(Keys.CONTROL, "f")
    assert rows.driver.switch_to.active_element.get_attribute("id") == "filter"


def test_the_uri_is_copied_by_one_key(rows, bucket):
    rows.cdp("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"], origin=rows.base)
    rows.keys(Keys.END, "Y")
    rows.see(".toasts", "Copied")
    assert rows.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])") == f"s3://{bucket.name}/b.txt"


def test_single_letters_can_be_turned_off(rows):
    rows.keys("?")
    rows.click("dialog label.check input")
    rows.keys(Keys.ESCAPE)
    rows.see_no_dialog()
    rows.keys(Keys.END, "m", "n", "y")
    assert not rows.all("dialog")
    rows.keys(Keys.F2)
    rows.see("dialog", "New name")
    rows.keys(Keys.ESCAPE)


def test_recent_shows_the_newest_of_everything_below_live(rows, bucket):
    rows.click(".recent")
    rows.wait(lambda: set(rows.names()) == {"into/x.txt", "a.txt", "b.txt"}, "everything below")
    rows.wait(lambda: "view=recent" in rows.driver.current_url, "the URL")
    rows.script("return new Promise((done) => setTimeout(done, 1100))")  # S3's times are whole seconds
    bucket.put("deep/er/news.txt", "x")
    rows.wait(lambda: rows.names()[:1] == ["deep/er/news.txt"], "the newest first")
    rows.driver.refresh()
    rows.started().wait(lambda: rows.names()[:1] == ["deep/er/news.txt"], "the same after a reload")
    rows.click(".recent")
    rows.see_names("deep/", "into/", "a.txt", "b.txt")


def test_a_folder_says_how_much_is_in_it(rows, bucket):
    bucket.put("into/deep/y.txt", "12345")
    rows.keys(Keys.HOME, "i")
    rows.see(".facts", "Newest change")
    for text in (f"s3://{bucket.name}/into/", "15 B", f"/{bucket.name}/into/deep/y.txt"):
        rows.see(".facts", text)


def test_a_missing_bucket_can_be_made_from_where_it_is_missed(browser, s3, bucket, bucket_name):
    browser.open("").started()
    name = f"{bucket_name}-missing"
    browser.script("history.pushState(null, '', arguments[0]); dispatchEvent(new PopStateEvent('popstate'))", f"/{name}/")
    browser.see(".notice", "This bucket does not exist")
    browser.button("Create this bucket", ".notice")
    browser.see(".notice", "Drop files here")
    s3.delete_bucket(Bucket=name)


def test_several_objects_are_tagged_and_keep_their_other_tags(rows, bucket):
    bucket.put("a.txt", "a", Tagging="old=1&gone=2")
    rows.keys(Keys.END)
    rows.chord(Keys.SHIFT, Keys.ARROW_UP)
    rows.see_selected(["a.txt", "b.txt"])
    rows.script("document.querySelectorAll('.row')[1].querySelector('.more button').click()")
    rows.button("Tags…", ".menu")
    rows.one("dialog textarea").send_keys("stage=dev\n-gone")
    rows.button("Save", "dialog")
    rows.see(".tray h3", "2 tagged")
    tags = {name: {tag["Key"]: tag["Value"] for tag in bucket.client.get_object_tagging(Bucket=bucket.name, Key=name)["TagSet"]} for name in ("a.txt", "b.txt")}
    assert tags == {"a.txt": {"old": "1", "stage": "dev"}, "b.txt": {"stage": "dev"}}


def test_several_paths_are_copied_at_once(rows, bucket):
    rows.keys(Keys.END)
    rows.chord(Keys.SHIFT, Keys.ARROW_UP)
    rows.keys("y")
    rows.see("dialog pre", f"s3://{bucket.name}/a.txt\ns3://{bucket.name}/b.txt")
    rows.keys(Keys.ESCAPE)


def test_two_objects_are_compared(rows, bucket):
    bucket.put("a.txt", "one\ntwo\n")
    bucket.put("b.txt", "one\n2\n")
    rows.keys(Keys.END)
    rows.chord(Keys.SHIFT, Keys.ARROW_UP)
    rows.keys("=")
    rows.see("dialog .diff", "two")
    assert [mark.text for mark in rows.all(".diff .line.new .words")] == ["2"]
    rows.keys(Keys.ESCAPE)
    rows.see_no_dialog()
    bucket.put("b.txt", "one\ntwo\n")
    rows.keys("=")
    rows.see("dialog", "same contents")
    rows.keys(Keys.ESCAPE)
