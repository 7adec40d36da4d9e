"""Selecting rows by mouse and keyboard."""

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
    letters.click_in_row("b", ".size")
    letters.see_selected(["b"])
    letters.click_with(Keys.CONTROL, part(letters, "e", ".size"))
    letters.see_selected(["b", "e"])
    letters.click_in_row("b", ".size")
    letters.click_with(Keys.SHIFT, part(letters, "d", ".size"))
    letters.see_selected(["b", "c", "d"])
    letters.see(".chosen", "3 selected")


def test_boxes_and_all(letters):
    letters.click_in_row("a", "input")
    letters.click_in_row("c", "input")
    letters.see_selected(["a", "c"])
    letters.click(".head input")
    letters.see_selected(list("abcdef"))
    letters.keys(Keys.ESCAPE)
    letters.see_selected([])


def test_by_keyboard(letters):
    letters.keys(Keys.HOME)
    letters.chord(Keys.SHIFT, Keys.ARROW_DOWN)
    letters.chord(Keys.SHIFT, Keys.ARROW_DOWN)
    letters.see_selected(["a", "b", "c"])
    letters.keys(Keys.END)
    letters.keys(Keys.SPACE)
    letters.chord(Keys.CONTROL, "a")
    letters.see_selected(list("abcdef"))
