"""Editing in place, and two people at the same object."""

import pytest
from selenium.webdriver.common.keys import Keys

TEXT = "first\nsecond\nthird\n"


@pytest.fixture
def editing(page, bucket):
    bucket.put("a.txt", TEXT, ContentType="text/x-log", Metadata={"owner": "me"}, CacheControl="max-age=5")
    page.open(bucket.name + "/").started().see_names("a.txt")
    page.keys(Keys.HOME, "e")
    page.wait(lambda: page.code(".editor") == TEXT, "the text")
    return page


def type_at_start(page, text):
    page.edit_code("code.setCursor(0, 0)")
    page.keys(text)


def test_a_text_is_saved_and_keeps_its_properties(editing, bucket):
    type_at_start(editing, "zeroth\n")
    editing.see(".editor", "Unsaved")
    editing.chord(Keys.CONTROL, "s")
    editing.wait(lambda: bucket.get("a.txt") == b"zeroth\n" + TEXT.encode(), "the saved text")
    head = bucket.head("a.txt")
    assert (head["ContentType"], head["Metadata"], head["CacheControl"]) == ("text/x-log", {"owner": "me"}, "max-age=5")


def test_windows_line_ends_stay(page, bucket):
    bucket.put("w.txt", "a\r\nb\r\n")
    page.open(bucket.name + "/").started().see_names("w.txt")
    page.keys(Keys.HOME, "e")
    page.wait(lambda: page.code(".editor") == "a\nb\n", "the text")
    type_at_start(page, "0\n")
    page.button("Save")
    page.wait(lambda: bucket.get("w.txt") == b"0\r\na\r\nb\r\n", "the saved text")


@pytest.fixture
def conflict(editing, bucket):
    type_at_start(editing, "mine\n")
    bucket.put("a.txt", TEXT.replace("second", "theirs"))
    editing.button("Save")
    editing.see("dialog", "Another program has changed it")
    return editing


def test_a_conflict_is_shown_as_a_difference_and_overwrites_nothing(conflict, bucket):
    words = "return [...document.querySelectorAll('.diff .words')].map((line) => [line.parentElement.className, line.textContent])"
    lines = {tuple(line) for line in conflict.script(words)}
    assert {("line new", "mine"), ("line old", "theirs"), ("line new", "second"), ("line same", "first")} <= lines
    conflict.button("Continue editing", "dialog")
    conflict.see_no_dialog()
    assert bucket.get("a.txt") == TEXT.replace("second", "theirs").encode()


def test_mine_is_kept(conflict, bucket):
    conflict.button("Overwrite with mine", "dialog")
    conflict.wait(lambda: bucket.get("a.txt") == b"mine\n" + TEXT.encode(), "my text")


def test_theirs_is_taken(conflict, bucket):
    conflict.button("Take theirs", "dialog")
    conflict.see_no_dialog()
    assert conflict.code(".editor") == TEXT.replace("second", "theirs")
    assert bucket.get("a.txt") == TEXT.replace("second", "theirs").encode()


def test_unsaved_text_is_not_lost_by_leaving(editing):
    type_at_start(editing, "precious\n")
    editing.button("Close", ".editor")
    editing.see("dialog", "not saved")
    editing.button("Cancel", "dialog")
    editing.see_no_dialog()
    assert editing.code(".editor").startswith("precious")


@pytest.mark.parametrize(
    "body", [b"caf\xe9\n", bytes(range(256)), b"x" * (4 * 1024 * 1024 + 1)], ids=["Latin-1", "binary", "over 4 MiB"]
)
@pytest.mark.parametrize("choice", ["Overwrite with mine", "Take theirs"])
def test_a_conflict_with_a_non_text_object_is_not_shown_as_a_deletion(editing, bucket, body, choice):
    type_at_start(editing, "mine\n")
    bucket.put("a.txt", body)
    editing.button("Save")
    editing.see("dialog", "no longer text that can be shown here")
    assert "deleted" not in editing.text("dialog")
    editing.button(choice, "dialog")
    editing.see_no_dialog()
    if choice == "Take theirs":
        editing.wait(lambda: not editing.all(".editor") and editing.all(".panel .view"), "the preview")
        assert bucket.get("a.txt") == body
    else:
        editing.wait(lambda: bucket.get("a.txt") == b"mine\n" + TEXT.encode(), "my text")
        editing.wait(lambda: editing.text(".editor .state") == "", "the end of the changes")


def test_a_text_that_was_deleted_is_stored_again(editing, bucket):
    type_at_start(editing, "mine\n")
    bucket.delete("a.txt")
    editing.button("Save")
    editing.see("dialog", "It was deleted since you opened it")
    editing.button("Store mine again", "dialog")
    editing.wait(lambda: bucket.keys() == ["a.txt"] and bucket.get("a.txt") == b"mine\n" + TEXT.encode(), "my text")


HOLD_PUTS = """
const real = window.fetch;
window.puts = [];
window.fetch = (url, options) => options?.method !== "PUT" ? real(url, options)
  : new Promise((done) => window.puts.push(() => done(real(url, options))));
"""


def test_a_save_requested_during_another_follows_it(editing, bucket):
    editing.script(HOLD_PUTS)
    type_at_start(editing, "1")
    editing.chord(Keys.CONTROL, "s")
    editing.see(".editor .state", "Saving…")
    editing.keys("2")
    editing.chord(Keys.CONTROL, "s")
    editing.script("window.puts[0]()")
    editing.wait(lambda: editing.script("return window.puts.length") == 2, "the second save")
    assert editing.text(".toasts") == ""
    editing.script("window.puts[1]()")
    editing.see(".toasts", "Saved")
    assert bucket.get("a.txt") == b"12" + TEXT.encode()
    assert len(editing.all(".toast")) == 1


def test_newer_text_is_not_marked_as_saved(editing, bucket):
    editing.script(HOLD_PUTS)
    type_at_start(editing, "1")
    editing.chord(Keys.CONTROL, "s")
    editing.wait(lambda: editing.script("return window.puts.length") == 1, "the save")
    editing.keys("2")
    editing.script("window.puts[0]()")
    editing.wait(lambda: bucket.get("a.txt") == b"1" + TEXT.encode(), "the first text")
    editing.see(".editor .state", "Unsaved")
    editing.script("return new Promise((done) => setTimeout(done, 300))")
    assert editing.text(".toasts") == "" and editing.text(".editor .state") == "Unsaved changes"


def test_taking_theirs_takes_their_newest_version(conflict, bucket):
    # While the dialog is open, the other program changes the object again.
    bucket.put("a.txt", TEXT.replace("second", "theirs again"))
    conflict.wait(lambda: "25 B" in conflict.row("a.txt").text, "the newest version in the list")
    conflict.button("Take theirs", "dialog")
    conflict.wait(lambda: conflict.code(".editor") == TEXT.replace("second", "theirs again"), "the newest text")
    conflict.wait(lambda: not conflict.one(".banner").is_displayed(), "the note's end")


def test_a_text_in_another_encoding_offers_no_editing(page, bucket):
    bucket.put("u.txt", "wide".encode("utf-16"))
    bucket.put("v.txt", "plain")
    page.open(bucket.name + "/").started().see_names("u.txt", "v.txt")
    page.click_name("u.txt")
    page.see_code("wide")
    assert not page.one(".panel .edit").is_displayed()
    page.click_name("v.txt")
    page.see_code("plain")
    page.wait(lambda: page.one(".panel .edit").is_displayed(), "the button")


def test_an_object_that_exists_again_is_no_longer_called_deleted(editing, bucket):
    bucket.delete("a.txt")
    editing.see(".banner", "was deleted")
    bucket.put("a.txt", TEXT)
    editing.wait(lambda: not editing.one(".banner").is_displayed(), "the note's end")
