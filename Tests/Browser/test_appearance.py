"""Languages, light and dark, phones, hostile names."""

import re

import pytest

HOSTILE = [
    "<img src=x onerror=window.hacked=1>.txt",
    "\"double\" 'single' &amp;.txt",
    "new\nline.txt",
    "\u202ecod.exe",
    "emoji 🎉.txt",
    "<!--<script>window.hacked=1",
    " spaces ",
    "100%25 #?&+.txt",
]


def luminance(color):
    channels = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def colors(page, selector):
    return page.script(
        """const element = document.querySelector(arguments[0]);
        let ground = element;
        while (getComputedStyle(ground).backgroundColor === 'rgba(0, 0, 0, 0)') ground = ground.parentElement;
        return [getComputedStyle(element).color, getComputedStyle(ground).backgroundColor]""",
        selector,
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_schemes_are_legible(page, bucket, scheme):
    bucket.put("dir/a.txt", "x")
    bucket.put("a.txt", "x")
    page.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    page.open(bucket.name + "/").started().see_names("dir/", "a.txt")
    assert (luminance(colors(page, "body")[1]) < 0.1) == (scheme == "dark")
    for selector in (".row .name a", ".row .modified", ".head .sort", ".status", ".crumbs a", "button.main", "#filter"):
        assert contrast(*colors(page, selector)) >= 4.5, selector


def test_the_theme_can_be_chosen_and_is_remembered(page, bucket):
    page.open(bucket.name + "/").started()
    page.click(".corner button")
    page.click(".corner button")
    page.driver.refresh()
    page.started()
    assert luminance(colors(page, "body")[1]) < 0.1


def test_japanese_by_the_browsers_language_and_by_choice(page, bucket):
    agent = page.script("return navigator.userAgent")
    page.cdp("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage="ja,en")
    try:
        page.open(bucket.name + "/").started()
        page.see(".making", "アップロード")
        assert page.script("return document.documentElement.lang") == "ja"
        page.script("const choice = document.querySelector('.corner select'); choice.value = 'en'; choice.dispatchEvent(new Event('change'))")
        page.see(".making", "Upload")
    finally:
        page.cdp("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage="en")


def test_every_text_exists_in_both_languages(browser, bucket):
    browser.open(bucket.name + "/").started()
    script = """const done = arguments[arguments.length - 1];
        const url = document.querySelector('script[src$="app.js"]').src.replace('app.js', '');
        Promise.all(['core', 'panel', 'snapshots'].map((part) => import(`${url}${part}/messages.js`))).then((modules) => done(modules.flatMap(({ messages }) => Object.entries(messages)).filter(([, row]) =>
          row.length !== 2 || row.some((text) => !text) || String(row[0].match(/{\\w+}/g)?.sort()) !== String(row[1].match(/{\\w+}/g)?.sort()))))"""
    wrong = browser.driver.execute_async_script(script)
    assert [row for row in wrong if not row[0].endswith(".one")] == []


def test_one_of_something_is_no_plural(browser, bucket):
    browser.open(bucket.name + "/").started()
    script = """const done = arguments[arguments.length - 1];
        const url = document.querySelector('script[src$="app.js"]').src.replace('app.js', '');
        Promise.all(['core', 'panel', 'snapshots'].map((part) => import(`${url}${part}/messages.js`))).then((modules) => {
          const all = Object.assign({}, ...modules.map(({ messages }) => messages));
          // Numbers that are never one: "more than 10,000", and choices that are fixed.
          const fixed = ['atLeast', 'minutes', 'days'];
          done(Object.entries(all).filter(([key, [text]]) => /\\{n\\} (\\w+ )?\\w+s\\b/.test(text) && !/\\{n\\} (in progress|is)/.test(text) && !all[`${key}.one`] && !fixed.includes(key)));
        })"""
    assert browser.driver.execute_async_script(script) == []


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [320, 390])
def test_no_button_of_a_narrow_screen_is_cut_off(page, bucket, width, language):
    page.script("localStorage.setItem('localstackmount.language', arguments[0])", language)
    page.cdp("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=True)
    for place in ("", bucket.name + "/"):
        page.open(place).started()
        cut = """return [...document.querySelectorAll('.head-of-page button')].filter((button) => button.checkVisibility())
            .filter((button) => [button, ...button.querySelectorAll('span')].some((part) => part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0)).map((button) => button.textContent)"""
        assert page.script(cut) == []
        names = page.script("return [...document.querySelectorAll('.making button')].map((button) => button.getAttribute('aria-label') ?? button.textContent)")
        assert all(names) and len(set(names)) == len(names), names
        drawings = page.script("return [...document.querySelectorAll('.making button')].filter((button) => !button.querySelector('span')?.checkVisibility()).map((button) => button.querySelector('svg').outerHTML)")
        assert len(drawings) == 3 and len(set(drawings)) == 3


def test_a_phone_shows_everything_without_scrolling_sideways(page, bucket):
    bucket.put("a-rather-long-name-of-an-object-that-does-not-fit-a-phone.txt", "hello")
    page.cdp("Emulation.setDeviceMetricsOverride", width=390, height=800, deviceScaleFactor=2, mobile=True)
    page.open(bucket.name + "/").started()
    page.wait(lambda: len(page.names()) == 1, "the row")
    assert page.script("return document.documentElement.scrollWidth") <= 390
    assert page.script("return document.querySelector('.grid').scrollWidth") <= 390
    page.click(".row .name a")
    page.see_code("hello")
    assert page.script("return document.querySelector('.panel').getBoundingClientRect().width") == 390
    page.click(".panel .close")
    page.wait(lambda: not page.one(".panel").is_displayed(), "the panel's end")


def test_hostile_names_are_shown_opened_and_deleted(page, bucket):
    for name in HOSTILE:
        bucket.put("h/" + name, name)
    page.open(bucket.name, "h/").started()
    page.wait(lambda: len(page.names()) == len(HOSTILE), "all names")
    shown = page.names()
    assert HOSTILE[0] in shown and "new↵line.txt" in shown and "⟨U+202E⟩cod.exe" in shown and "␣spaces␣" in shown
    for name in shown:
        page.click_name(name)
        page.wait(lambda: page.code() is not None and page.text(".panel h2") == name, f"the contents of {name!r}")
    assert page.script("return window.hacked") is None
    assert not page.all("main img")
    page.click(".panel .close")
    page.click(".head input")
    page.button("Delete", ".chosen")
    page.button("Delete", "dialog")
    page.wait(lambda: bucket.keys("h/") == [], "all gone")


def test_requests_go_only_to_our_own_origin(page, bucket):
    bucket.put("a.md", "![x](https://example.org/x.png)")
    page.open(bucket.name + "/").started()
    page.click_name("a.md")
    page.see(".prose", "x")
    urls = page.script("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert urls and all(url.startswith(page.base) for url in urls)
