"""The whole way without a mouse."""

from selenium.webdriver.common.keys import Keys


def test_a_day_without_a_mouse(page, bucket):
    bucket.put("docs/readme.txt", "hello")
    bucket.put("other.txt", "x")
    page.open(bucket.name + "/").started().see_names("docs/", "other.txt")
    page.keys(Keys.HOME, Keys.ENTER)
    page.see_names("readme.txt")
    page.keys(Keys.ENTER)
    page.see(".panel .code", "hello")
    page.keys(Keys.ESCAPE)
    page.wait(lambda: not page.one(".panel").is_displayed(), "the panel's end")
    page.keys("n")
    page.answer("made")
    page.see_names("made/", "readme.txt")
    page.keys(Keys.BACKSPACE)
    page.see_names("docs/", "other.txt")
    # The keyboard stands where one came from.
    page.keys(Keys.ENTER)
    page.see_names("made/", "readme.txt")
    page.keys(Keys.END, Keys.DELETE)
    page.see("dialog", "readme.txt")
    page.keys(Keys.TAB, Keys.ENTER)
    page.see_names("made/")
    assert sorted(bucket.keys()) == ["docs/made/", "other.txt"]


def test_the_keys_are_documented(page, bucket):
    page.open(bucket.name + "/").started()
    page.keys("?")
    page.see("dialog", "Rename")
    page.keys(Keys.ESCAPE)
    page.see_no_dialog()
    page.keys("/")
    assert page.driver.switch_to.active_element.get_attribute("id") == "filter"
    page.keys("n")
    assert not page.all("dialog")


def test_every_control_has_a_name_and_rows_have_roles(page, bucket):
    bucket.put("a.txt", "x")
    page.open(bucket.name + "/").started()
    page.click_name("a.txt")
    page.see(".panel .code", "x")
    nodes = page.cdp("Accessibility.getFullAXTree")["nodes"]
    shown = [node for node in nodes if not node.get("ignored")]
    roles = {node["role"]["value"] for node in shown}
    assert {"grid", "row", "columnheader", "rowheader", "toolbar", "tab", "navigation", "main"} <= roles
    controls = {"button", "checkbox", "link", "textbox", "searchbox", "combobox", "tab", "grid"}
    nameless = [node for node in shown if node["role"]["value"] in controls and not node.get("name", {}).get("value")]
    assert not nameless


def test_the_keyboard_is_in_the_table_again_after_a_menu(page, bucket):
    for name in ("a.txt", "b.txt"):
        bucket.put(name, "x")
    page.open(bucket.name + "/").started().see_names("a.txt", "b.txt")
    page.click(".row .more button")
    page.see(".menu", "Rename")
    page.keys(Keys.ESCAPE)
    page.wait(lambda: not page.all(".menu"), "the menu's end")
    page.chord(Keys.CONTROL, "a")
    page.see_selected(["a.txt", "b.txt"])
