"""Listing, navigation, sorting, finding."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from selenium.webdriver.common.keys import Keys


def test_folders_are_entered_and_left_without_losing_the_place(page, bucket):
    bucket.put("docs/guide/one.txt", "1")
    bucket.put("docs/two.txt", "2")
    page.open(bucket.name + "/").started().see_names("docs/")
    page.click_name("docs/")
    page.see_names("guide/", "two.txt")
    assert page.driver.current_url.endswith(f"/{bucket.name}/docs/")
    page.click_name("guide/")
    page.see_names("one.txt")
    assert [crumb.text for crumb in page.all(".crumbs li")] == ["Buckets", bucket.name, "docs", "guide"]
    page.driver.back()
    page.see_names("guide/", "two.txt")
    page.click(".crumbs li:first-child a")
    page.wait(lambda: f"{bucket.name}/" in page.names(), "the buckets")


def test_columns_sort_both_ways_and_numbers_by_value(page, bucket):
    for name, body in {"file10": "aaa", "file9": "a", "file1": "aa"}.items():
        bucket.put(name, body)
    page.open(bucket.name + "/").started().see_names("file1", "file9", "file10")
    page.click(".head .size button")
    page.see_names("file10", "file1", "file9")
    assert page.one(".head .size").get_attribute("aria-sort") == "descending"
    page.click(".head .size button")
    page.see_names("file9", "file1", "file10")
    page.click(".head .name button")
    page.see_names("file1", "file9", "file10")


def test_the_filter_acts_while_one_types(page, bucket):
    for name in ("apple.txt", "apricot.txt", "banana.txt"):
        bucket.put(name, "x")
    page.open(bucket.name + "/").started().see_names("apple.txt", "apricot.txt", "banana.txt")
    page.one("#filter").send_keys("AP")
    page.see_names("apple.txt", "apricot.txt")
    page.one("#filter").send_keys("ri")
    page.see_names("apricot.txt")
    page.see(".status", "2 filtered out")
    page.one("#filter").send_keys(Keys.ESCAPE)
    page.see_names("apple.txt", "apricot.txt", "banana.txt")


def test_search_looks_below(page, bucket):
    for key in ("a/b/needle.txt", "c/needle-2.txt", "c/other.txt"):
        bucket.put(key, "x")
    page.open(bucket.name + "/").started().see_names("a/", "c/")
    page.one("#filter").send_keys("needle", Keys.SHIFT, Keys.ENTER)
    page.see_names("a/b/needle.txt", "c/needle-2.txt")
    assert page.driver.current_url.endswith("?q=needle")
    page.driver.refresh()
    page.started().see_names("a/b/needle.txt", "c/needle-2.txt")
    page.driver.get(page.base + f"/{bucket.name}/?q=nothing-like-it")
    page.see(".notice", "Nothing found")


@pytest.fixture
def ten_thousand(bucket):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: bucket.put(f"many/{number:05}.txt", "x"), range(10000)))
    yield bucket
    for start in range(0, 10000, 1000):
        keys = [{"Key": f"many/{number:05}.txt"} for number in range(start, start + 1000)]
        bucket.client.delete_objects(Bucket=bucket.name, Delete={"Objects": keys, "Quiet": True})


@pytest.mark.timeout(600)
def test_ten_thousand_entries_are_few_rows_and_scroll(page, ten_thousand):
    bucket = ten_thousand
    page.open(bucket.name + "/").started()
    page.open(bucket.name, "many/").started()
    page.see(".status", "10,000 objects")
    first = "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
    painted = page.wait(lambda: page.script(first), "the first paint")
    listed = page.script("return performance.getEntriesByName('listed')[0].startTime")
    print(f"10,000 entries: first contentful paint after {painted:.0f} ms, the rows after {listed:.0f} ms")
    assert len(page.all(".row")) < 120
    page.keys(Keys.END)
    page.wait(lambda: "09999.txt" in page.names(), "the last row")
    assert page.one("#entries").get_attribute("aria-rowcount") == "10001"
    page.one("#filter").send_keys("4321")
    page.see_names("04321.txt")


def test_a_missing_place_shows_a_notice(browser, bucket):
    browser.open(bucket.name, "no-such-object.txt")
    browser.see("main", "Not Found")


def test_an_empty_folder_says_what_to_do(browser, bucket):
    browser.open(bucket.name + "/").started()
    browser.see(".notice", "Drop files here")
    browser.see(".notice code", f"curl -T FILE {browser.base}/{bucket.name}/")


def test_buckets_are_counted_as_buckets(browser, bucket):
    browser.open("").started()
    browser.see(".status", "bucket")
    assert "folders" not in browser.text(".status")


def test_a_name_of_joined_emoji_is_whole(browser, bucket):
    bucket.put("👩‍👩‍👧.txt", "x")
    bucket.put("a\u200db.txt", "x")
    browser.open(bucket.name + "/").started().see_names("👩‍👩‍👧.txt", "a⟨U+200D⟩b.txt")
