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
