"""Debian's chromium, driven as by a user: keys, clicks and drops, and reading what the page shows."""

import os

from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from .waiting import wait_until

SECONDS = 20
# A page that downloads several files asks first: the question is the browser's, and nobody is here to answer it.
PREFERENCES = {"intl.accept_languages": "en", "profile.default_content_setting_values.automatic_downloads": 1}


def start_chromium(*arguments, preferences=None):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    wanted = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=en", *arguments]
    if os.geteuid() == 0:
        wanted.append("--no-sandbox")
    for argument in wanted:
        options.add_argument(argument)
    options.add_experimental_option("prefs", {**PREFERENCES, **(preferences or {})})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    driver.set_page_load_timeout(60)
    return driver


class Browser:
    """One tab on one gateway."""

    def __init__(self, driver, base):
        self.driver = driver
        self.base = base

    # Navigation

    def open(self, *parts, query=""):
        from urllib.parse import quote

        self.driver.get(self.base + "/" + "/".join(quote(part, safe="/") for part in parts) + query)
        return self

    def started(self):
        """Waits until the page's own scripts have drawn it."""
        self.wait(lambda: self.all(".status"), "the page's start")
        return self

    # Reading

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.wait(lambda: self.all(selector), f"{selector} on the page")[0]

    def text(self, selector):
        """The visible text of an element; "" if it does not exist."""
        try:
            found = self.all(selector)
            return found[0].text if found else ""
        except StaleElementReferenceException:
            return ""

    def see(self, selector, text):
        self.wait(lambda: text in self.text(selector), f"{text!r} in {selector}, which says {self.text(selector)!r},")

    def wait(self, condition, what, seconds=SECONDS):
        def holds():
            try:
                return condition()
            except (StaleElementReferenceException, NoSuchElementException):
                return False

        return wait_until(holds, seconds, what)

    def names(self):
        """The names in the table, in order, as they are shown."""
        script = """return [...document.querySelectorAll('.row')].sort((a, b) => a.index - b.index)
            .map((row) => row.querySelector('.name a').textContent)"""
        return self.script(script)

    def code(self, within=".panel"):
        """The whole text in CodeMirror; None if there is none."""
        script = "return document.querySelector(arguments[0] + ' .CodeMirror')?.CodeMirror.getValue('\\n') ?? null"
        return self.script(script, within)

    def see_code(self, text, within=".panel"):
        self.wait(lambda: text in (self.code(within) or ""), f"{text!r} as a text, which says {str(self.code(within))[:200]!r},")

    def edit_code(self, change):
        """Types where the cursor is put first: change is a line of script over `code`, the editor's CodeMirror."""
        self.script(f"const code = document.querySelector('.editor .CodeMirror').CodeMirror; code.focus(); {change}")

    def view(self, label):
        """Chooses how the object in the panel is shown."""
        Select(self.one(".views select")).select_by_visible_text(label)

    def see_names(self, *names):
        self.wait(lambda: self.names() == list(names), f"{list(names)}, not {self.names()},")

    def row(self, name):
        def find():
            return [row for row in self.all(".row") if row.find_element(By.CSS_SELECTOR, ".name a").text == name]

        return self.wait(find, f"the row {name!r}")[0]

    def selected(self):
        script = """return [...document.querySelectorAll('.row[aria-selected=true]')].sort((a, b) => a.index - b.index)
            .map((row) => row.querySelector('.name a').textContent)"""
        return self.script(script)

    def see_selected(self, names):
        self.wait(lambda: self.selected() == names, f"{names} chosen, not {self.selected()},")

    def script(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def complaints(self):
        """Errors in the console, except for refusals of the gateway, which are responses."""
        entries = self.driver.get_log("browser")
        return [entry["message"] for entry in entries if entry["level"] == "SEVERE" and "status of" not in entry["message"]]

    # Acting

    def press(self, find, what):
        """Clicks the first of the elements that `find` gives, once it is there and can be clicked. Where it was drawn anew
        between the look and the click, or is not in sight yet, nothing was clicked, and it is looked for again."""

        def pressed():
            try:
                found = find()
                if found:
                    found[0].click()
                return bool(found)
            except (ElementClickInterceptedException, ElementNotInteractableException):
                return False

        self.wait(pressed, f"a click on {what}")

    def click(self, selector):
        self.press(lambda: self.all(selector), selector)

    def click_in_row(self, name, selector):
        self.press(lambda: self.row(name).find_elements(By.CSS_SELECTOR, selector), f"{selector} of the row {name!r}")

    def click_name(self, name):
        self.click_in_row(name, ".name a")

    def button(self, label, within="body"):
        """Clicks the visible button with that text or accessible name."""

        def find():
            return [
                button
                for button in self.all(f"{within} button")
                if button.is_displayed() and label in (button.text, button.get_attribute("aria-label"))
            ]

        self.press(lambda: find()[-1:], f"the button {label!r}")

    def keys(self, *keys):
        """Types where the focus is."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def chord(self, modifier, key):
        ActionChains(self.driver).key_down(modifier).send_keys(key).key_up(modifier).perform()

    def click_with(self, modifier, element):
        ActionChains(self.driver).key_down(modifier).click(element).key_up(modifier).perform()

    def answer(self, text):
        """Types into the dialog's field in place of what is there, and confirms."""
        field = self.one("dialog input[type=text]")
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text, Keys.ENTER)

    def see_no_dialog(self):
        self.wait(lambda: not self.all("dialog"), "the dialog's end")

    def drop(self, *files, at=(300, 300)):
        """Drops files and folders of the disk at a place of the window: on the table unless another is named."""
        for kind in ("dragEnter", "dragOver", "drop"):
            data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
            self.cdp("Input.dispatchDragEvent", type=kind, x=at[0], y=at[1], data=data)

    def cdp(self, command, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)


def replace_after_another_question(page, bucket, key):
    """Answers Replace for an object that changes before the answer: it is kept until a second question is answered."""
    bucket.put(key, "theirs, newer")
    page.button("Replace", "dialog")
    page.see("dialog", "Another program changed it after you were asked.")
    page.see("dialog", "13 B")
    assert bucket.get(key) == b"theirs, newer"
    page.button("Replace", "dialog")
