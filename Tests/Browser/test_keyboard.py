"""Working without a mouse."""

from selenium.webdriver.common.keys import Keys


def test_a_day_without_a_mouse(page, bucket):
    bucket.put("docs/readme.txt", "hello")
    bucket.put("other.txt", "x")
    page.open(bucket.name + "/").started().see_names("docs/", "other.txt")
    page.keys(Keys.HOME, Keys.ENTER)
    page.see_names("readme.txt")
    page.keys(Keys.ENTER)
    page.see_code("hello")
    page.keys(Keys.ESCAPE)
    page.wait(lambda: not page.one(".panel").is_displayed(), "the panel's end")
    page.keys("n")
    page.answer("made")
    page.see_names("made/", "readme.txt")
    page.keys(Keys.BACKSPACE)
    page.see_names("docs/", "other.txt")
    # The focus is on the row that was left.
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


CONTROLS = {"button", "checkbox", "link", "textbox", "searchbox", "combobox", "tab", "grid", "dialog", "menuitem", "image"}


def check_names(page):
    """Checks what a screen reader gets from the page in its present state; returns the roles on it."""
    nodes = page.cdp("Accessibility.getFullAXTree")["nodes"]
    shown = [node for node in nodes if not node.get("ignored")]
    nameless = [node for node in shown if node["role"]["value"] in CONTROLS and not node.get("name", {}).get("value")]
    assert not nameless
    ids = page.script("return [...document.querySelectorAll('[id]')].map((element) => element.id)")
    assert len(ids) == len(set(ids)), "an id is there twice"
    # Elements that name or describe others must exist.
    lost = """return ['aria-labelledby', 'aria-controls', 'aria-activedescendant', 'aria-describedby'].flatMap((name) =>
        [...document.querySelectorAll(`[${name}]`)].flatMap((element) => element.getAttribute(name).split(' '))
            .filter((id) => !document.getElementById(id)))"""
    assert page.script(lost) == []
    return {node["role"]["value"] for node in shown}


def test_every_control_has_a_name_wherever_one_is(page, bucket, tmp_path):
    bucket.put("a.txt", "x", Metadata={"team": "blue"}, Tagging="stage=dev")
    bucket.put("dir/b.csv", "a,b\n1,2\n")
    (tmp_path / "c.txt").write_text("c")
    page.open(bucket.name + "/").started().see_names("dir/", "a.txt")
    roles = check_names(page)
    assert {"grid", "row", "columnheader", "rowheader", "toolbar", "navigation", "main", "searchbox"} <= roles
    assert page.script("return document.documentElement.lang") == "en"
    page.click_name("a.txt")
    page.see_code("x")
    assert {"tab", "tabpanel", "tablist"} <= check_names(page)
    page.click("#tab-properties")
    page.see(".facts", "stage")
    page.click(".edit-properties")
    page.one("input[name=cache-control]")
    check_names(page)
    page.click("#tab-contents")
    page.see_code("x")
    page.button("Edit", ".panel")
    page.see_code("x", ".editor")
    check_names(page)
    page.button("Close", ".editor")
    page.click(".panel .close")
    for key, shown in (("?", "Rename"), ("y", "s3://"), (Keys.DELETE, "Delete"), ("n", "Name"), ("m", "Destination"), (Keys.F2, "New name")):
        page.keys(key)
        page.see("dialog", shown)
        assert "dialog" in check_names(page)
        page.keys(Keys.ESCAPE)
        page.see_no_dialog()
    page.click(".row .more button")
    page.see(".menu", "Rename")
    assert "menu" in check_names(page)
    page.keys(Keys.ESCAPE)
    page.drop(tmp_path / "c.txt")
    page.see(".tray", "1 uploaded")
    check_names(page)


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
