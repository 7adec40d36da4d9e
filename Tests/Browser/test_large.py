"""Large folders: what a change costs the page does not grow with the folder, whoever made it.

Counted are the page's steps, not its time, which another program on the machine would lengthen.
"""

import math
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

# LOCALSTACKMOUNT_ROWS: the number of names in the large folder.
ROWS = int(os.environ.get("LOCALSTACKMOUNT_ROWS", "20000"))


@pytest.fixture(scope="module")
def large(s3, gateway, localstack):
    from harness.localstack import Bucket
    from harness.waiting import wait_until

    bucket = Bucket(s3, "large-folder")
    bucket.remove()
    bucket.create()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: bucket.put(f"many/file-{number:05}.txt", "x"), range(ROWS)))
    wait_until(lambda: "large-folder" in gateway.http_names(""), 5, "the sight of a new bucket")
    yield bucket
    paginator = s3.get_paginator("list_objects_v2")
    for listing in paginator.paginate(Bucket=bucket.name):
        keys = [{"Key": entry["Key"]} for entry in listing.get("Contents", [])]
        s3.delete_objects(Bucket=bucket.name, Delete={"Objects": keys, "Quiet": True})
    bucket.remove()


# `comparisons` of names; `rows` that were put into the table; `draws` of the table, and the most of them in one frame.
COUNT = """const counts = window.counts = { comparisons: 0, rows: 0, draws: 0, drawsAtOnce: 0 };
const { get } = Object.getOwnPropertyDescriptor(Intl.Collator.prototype, 'compare');
Object.defineProperty(Intl.Collator.prototype, 'compare', { configurable: true, get() { counts.comparisons += 1; return get.call(this); } });
let sinceFrame = 0;
new MutationObserver((records) => {
  for (const { type, addedNodes } of records) {
    if (type === 'attributes') (counts.draws += 1, sinceFrame += 1);
    else counts.rows += [...addedNodes].filter((node) => node.classList?.contains('row')).length;
  }
}).observe(document.querySelector('#entries'), { subtree: true, childList: true, attributes: true, attributeFilter: ['aria-rowcount'] });
(function frame() {
  counts.drawsAtOnce = Math.max(counts.drawsAtOnce, sinceFrame);
  sinceFrame = 0;
  requestAnimationFrame(frame);
})();"""


def counted(browser, what, changes, rows):
    """Returns what was counted. The changes are sorted into the rows, each by a search."""
    counts = browser.script("return window.counts")
    print(f"{what}: {counts}")
    # A search among the rows, and its part in the sorting of what came in the same frame.
    assert counts["comparisons"] <= changes * 2 * math.log2(rows + changes)
    return counts


@pytest.mark.timeout(900)
def test_a_thousand_foreign_changes_cost_no_more_than_they_are(browser, large):
    browser.open(large.name, "many/").started()
    browser.see(".status", f"{ROWS:,} objects")
    browser.see(".lamp", "live")
    browser.script(COUNT)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: large.put(f"many/news-{number:05}.txt", "y"), range(1000)))
    browser.wait(lambda: f"{ROWS + 1000:,} objects" in browser.text(".status"), "all of them", 60)
    counts = counted(browser, f"1,000 foreign changes among {ROWS:,} rows", 1000, ROWS)
    # All of them are below what is in sight.
    assert counts["rows"] == 0
    # All that come in one frame are drawn together; what is chosen, and the table's size, may draw it again.
    assert counts["drawsAtOnce"] <= 3
    browser.keys("/")
    browser.one("#filter").send_keys("news-00999")
    browser.see_names("news-00999.txt")


@pytest.mark.timeout(900)
def test_uploads_into_a_large_folder_cost_the_page_no_more_than_into_an_empty_one(browser, large, bucket, tmp_path):
    files = []
    for number in range(300):
        file = tmp_path / f"up-{number:03}.txt"
        file.write_text("u")
        files.append(file)

    def upload(*place, rows):
        browser.open("/".join(place) + "/").started()
        browser.see(".lamp", "live")
        browser.script(COUNT)
        browser.drop(*files, at=(300, 95))
        browser.wait(lambda: "300 uploaded" in browser.text(".tray h3"), "300 uploads", 120)
        # Each is put twice: as it was sent, and as S3 has it.
        counts = counted(browser, f"300 uploads into {place}", 2 * len(files), rows)
        # No row comes a second time.
        assert counts["rows"] <= len(files)

    upload(bucket.name, rows=len(files))
    upload(large.name, "many", rows=ROWS)


@pytest.mark.timeout(900)
def test_a_large_folders_page_is_small(browser, gateway, large):
    page = gateway.get(large.name, "many/", headers={"Accept": "text/html", "Accept-Encoding": "gzip"}, stream=True)
    raw = page.raw.read()
    print(f"the page of {ROWS:,} names: {len(raw):,} B compressed")
    whole = gateway.get(large.name, "many/", headers={"Accept": "text/html", "Accept-Encoding": "identity"})
    assert len(whole.content) < ROWS * 180 and page.headers["Content-Encoding"] == "gzip"


def test_the_pages_files_are_sent_compressed(browser, bucket):
    browser.open(bucket.name + "/").started()
    sizes = """return performance.getEntriesByType('resource').filter((entry) => entry.name.includes('/-/assets/'))
        .map((entry) => [entry.name, entry.encodedBodySize, entry.decodedBodySize])"""
    sizes = browser.script(sizes)
    assert len(sizes) > 20
    sent, whole = sum(size[1] for size in sizes), sum(size[2] for size in sizes)
    print(f"the page's files: {whole:,} B, {sent:,} B as they are sent")
    assert sent < whole / 2
