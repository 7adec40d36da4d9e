"""Odd objects: nothing blanks the panel, hangs the tab, or makes more elements than can be seen."""

import gzip
import io
import json
import tarfile
import zipfile

import pytest
from selenium.webdriver.common.keys import Keys


def zipped():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("dir/one.txt", "1" * 2000)
        archive.writestr("日本.txt", "2")
    return buffer.getvalue()


def tarred():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("dir/one.txt", "x" * 150 + ".txt"):
            entry = tarfile.TarInfo(name)
            entry.size = 3
            archive.addfile(entry, io.BytesIO(b"abc"))
    return buffer.getvalue()


DEEP = 20_000
# Name, body, a text that the panel must show.
CORPUS = [
    ("empty.txt", b"", "This object is empty"),
    ("quotes.md", b">" * 4000 + b" deep", "deep"),
    ("brackets.md", b"[" * 20_000 + b" end", ""),
    ("stars.md", b"*a_ " * 30_000, ""),
    ("lists.md", b"".join(b" " * n + b"- x\n" for n in range(400)), "x"),
    ("spaces.md", b"x" + b" " * 100_000 + b"x", ""),
    ("reference.md", b"Title\n=====\n\n[a][1] and ![p](x.png)\n\n[1]: https://example.org/x\n", "Title"),
    ("deep.json", b"[" * DEEP + b"]" * DEEP, "["),
    ("cut.json", b'{"a": [1, 2', "["),
    ("order.json", b'{"b": 1, "10": 2, "2": 3, "b": 4}', '"10"'),
    ("one-line.json", json.dumps([{"n": n, "t": "x" * 50} for n in range(20_000)]).encode(), "["),
    ("long-line.txt", b"y" * 3_000_000, "yyy"),
    ("latin.txt", "naïve café".encode("latin-1"), "6e 61 ef"),
    ("utf16.txt", "sixteen".encode("utf-16"), "sixteen"),
    ("nul.txt", b"a\0b", "61 00 62"),
    ("wide.csv", b",".join(b"%d" % n for n in range(3000)) + b"\n", "199"),
    ("quote.csv", b'a,b\n"never closed,1\n2,3\n', "a"),
    ("broken.gz", b"\x1f\x8b\x08\0broken", "1f 8b"),
    ("cut.log.gz", gzip.compress(b"line\n" * 100_000)[:200], ""),
    ("half.png", b"\x89PNG\r\n\x1a\nbroken", "cannot show"),
    ("a.zip", zipped(), "日本.txt"),
    ("cut.zip", zipped()[:60], "50 4b"),
    ("a.tar", tarred(), "dir/one.txt"),
    ("a.tar.gz", gzip.compress(tarred()), "dir/one.txt"),
    ("invisible.txt", "a\u202eb\u200bc".encode(), "a"),
    ("old mac.txt", b"one\rtwo\rthree", "two"),
    ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'", ""),
]


@pytest.mark.parametrize(("name", "body", "seen"), CORPUS, ids=[row[0] for row in CORPUS])
def test_every_odd_object_is_shown(page, bucket, name, body, seen):
    bucket.put(name, body)
    page.open(bucket.name + "/").started()
    page.click_name(name)
    page.wait(lambda: page.text(".panel-body").strip() and "Loading" not in page.text(".panel-body"), "something in the panel", 15)
    page.wait(lambda: seen in page.text(".panel-body") or seen in (page.code() or ""), f"{seen!r}, not {page.text('.panel-body')[:300]!r},", 5)
    # The tab still works: it reacts to a key.
    page.keys(Keys.ESCAPE)
    page.wait(lambda: not page.one(".panel").is_displayed(), "the panel's end", 5)


def test_json_keeps_its_order_and_repeated_keys(page, bucket):
    bucket.put("o.json", '{"b": 1, "10": 2, "2": 3, "b": 4}')
    page.open(bucket.name + "/").started()
    page.click_name("o.json")
    page.see(".tree", '"10"')
    assert [key.text for key in page.all(".tree .key")] == ['"b"', '"10"', '"2"', '"b"']


def test_markdown_has_references_and_labelled_tasks(page, bucket):
    bucket.put("a.md", "Title\n=====\n\n[a][1] ~~no~~\n\n- [x] done\n- [ ] to do\n\n[1]: https://example.org/x\n")
    page.open(bucket.name + "/").started()
    page.click_name("a.md")
    page.see(".prose h1", "Title")
    assert page.one(".prose a").get_attribute("href") == "https://example.org/x"
    assert [box.get_attribute("aria-label") for box in page.all(".prose input")] == ["done", "to do"]


def test_a_conflict_of_many_lines_makes_few_elements(page, bucket):
    bucket.put("a.txt", "".join(f"line {number}\n" for number in range(30_000)))
    page.open(bucket.name + "/").started().see_names("a.txt")
    page.keys(Keys.HOME, "e")
    page.see_code("line 29999", ".editor")
    page.edit_code("code.setCursor(0, 0)")
    page.keys("mine ")
    bucket.put("a.txt", "".join(f"other {number}\n" for number in range(30_000)))
    page.button("Save")
    page.see("dialog", "Another program has changed it")
    assert page.script("return document.querySelectorAll('dialog *').length") < 15_000
    page.button("Take theirs", "dialog")


def test_words_that_differ_are_marked(page, bucket):
    bucket.put("a.txt", "the quick brown fox\n")
    page.open(bucket.name + "/").started().see_names("a.txt")
    page.keys(Keys.HOME, "e")
    page.see_code("quick", ".editor")
    page.edit_code("code.setValue('the slow brown fox\\n')")
    bucket.put("a.txt", "the quick brown dog\n")
    page.button("Save")
    page.see("dialog", "Another program has changed it")
    assert [mark.text for mark in page.all(".diff mark")] == ["quick", "dog", "slow", "fox"]
    page.button("Take theirs", "dialog")


def test_text_is_copied_as_it_is_and_keys_in_a_preview_stay_there(page, bucket):
    bucket.put("a.txt", "one\n\ntwo\n")
    page.open(bucket.name + "/").started().see_names("a.txt")
    page.cdp("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"], origin=page.base)
    page.click_name("a.txt")
    page.see_code("two")
    page.click(".panel .CodeMirror-lines")
    page.chord(Keys.CONTROL, "a")
    page.see_selected(["a.txt"])
    page.chord(Keys.CONTROL, "c")
    text = "navigator.clipboard.readText().then(arguments[0])"
    page.wait(lambda: page.driver.execute_async_script(text) == "one\n\ntwo\n", "the text in the clipboard")
    page.keys(Keys.DELETE)
    assert not page.all("dialog")
    assert bucket.keys() == ["a.txt"]


def test_keys_in_a_tree_do_not_delete_either(page, bucket):
    bucket.put("a.json", '{"a": 1}')
    page.open(bucket.name + "/").started().see_names("a.json")
    page.click_name("a.json")
    page.see(".tree", '"a"')
    page.script("document.querySelector('.tree').focus()")
    page.keys(Keys.DELETE)
    assert not page.all("dialog")


def test_a_text_is_searched_and_a_line_is_gone_to(page, bucket):
    bucket.put("a.txt", "".join(f"line {number} {'needle' if number % 100 == 7 else ''}\n" for number in range(1000)))
    page.open(bucket.name + "/").started().see_names("a.txt")
    page.click_name("a.txt")
    page.see_code("line 999")
    page.script("const code = document.querySelector('.panel .CodeMirror').CodeMirror; code.focus(); code.setCursor(0, 0)")
    page.chord(Keys.CONTROL, "f")
    page.keys("needle")
    page.see(".find-bar", "10 hits")
    page.keys(Keys.ENTER)
    page.see(".CodeMirror-code", "line 107 needle")
    field = page.one(".find-bar input")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(":900")
    page.see(".CodeMirror-code", "line 899")
    field.send_keys(Keys.ESCAPE)
    page.wait(lambda: not page.one(".find-bar").is_displayed(), "the bar's end")
    assert page.one(".panel").is_displayed()


def test_an_address_with_a_password_gives_a_page_that_works(page, bucket):
    bucket.put("a.txt", "seen")
    page.driver.get(page.base.replace("://", "://user:pw@") + f"/{bucket.name}/")
    page.started().see_names("a.txt")
    page.click_name("a.txt")
    page.see_code("seen")
    bucket.put("b.txt", "x")
    page.see_names("a.txt", "b.txt")
