"""Choosing rows by mouse and keyboard."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys


@pytest.fixture
def letters(page, bucket):
    for name in "abcdef":
        bucket.put(name, name)
    page.open(bucket.name + "/").started().see_names(*"abcdef")
    return page


def part(page, name, selector):
    return page.row(name).find_element(By.CSS_SELECTOR, selector)


def test_click_ctrl_click_and_shift_click(letters):
    part(letters, "b", ".size").click()
    assert letters.selected() == ["b"]
    letters.click_with(Keys.CONTROL, part(letters, "e", ".size"))
    assert letters.selected() == ["b", "e"]
    part(letters, "b", ".size").click()
    letters.click_with(Keys.SHIFT, part(letters, "d", ".size"))
    assert letters.selected() == ["b", "c", "d"]
    letters.see(".chosen", "3 selected")


def test_boxes_and_all(letters):
    part(letters, "a", "input").click()
    part(letters, "c", "input").click()
    assert letters.selected() == ["a", "c"]
    letters.click(".head input")
    assert letters.selected() == list("abcdef")
    letters.keys(Keys.ESCAPE)
    letters.wait(lambda: letters.selected() == [], "nothing chosen")


def test_by_keyboard(letters):
    letters.keys(Keys.HOME)
    letters.chord(Keys.SHIFT, Keys.ARROW_DOWN)
    letters.chord(Keys.SHIFT, Keys.ARROW_DOWN)
    letters.wait(lambda: letters.selected() == ["a", "b", "c"], "three rows")
    letters.keys(Keys.END)
    letters.keys(Keys.SPACE)
    letters.chord(Keys.CONTROL, "a")
    letters.wait(lambda: letters.selected() == list("abcdef"), "all rows")
