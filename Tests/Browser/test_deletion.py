"""What the dialog says about undoing a deletion is true of every object, and Undo does exactly that."""

import pytest
from selenium.webdriver.common.keys import Keys

from harness.localstack import Bucket


def versioning(bucket, status):
    bucket.client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": status})


def purge(bucket):
    versions = bucket.client.list_object_versions(Bucket=bucket.name)
    for version in versions.get("Versions", []) + versions.get("DeleteMarkers", []):
        bucket.client.delete_object(Bucket=bucket.name, Key=version["Key"], VersionId=version["VersionId"])


@pytest.fixture
def versioned(bucket):
    versioning(bucket, "Enabled")
    yield bucket
    purge(bucket)


@pytest.fixture
def plain(s3, bucket_name):
    """A second bucket, without versions, after the first by name."""
    other = Bucket(s3, f"{bucket_name}-plain").create()
    yield other
    other.remove()


def delete_all(page, fate):
    page.chord(Keys.CONTROL, "a")
    page.keys(Keys.DELETE)
    page.see("dialog .fate", fate)
    page.button("Delete", "dialog")


def search_both(page, versioned, plain):
    """Shows one object of each bucket as results. Returns their name."""
    needle = f"needle-{versioned.name}.txt"
    versioned.put(needle, "kept")
    plain.put(needle, "lost")
    page.open("", query=f"?q={needle}").started()
    page.wait(lambda: len(page.names()) == 2, "both results")
    return needle


def test_results_from_two_buckets_are_restored_where_one_keeps_versions(page, versioned, plain):
    needle = search_both(page, versioned, plain)
    delete_all(page, "Only 1 of 2 can be restored afterwards")
    page.see(".tray h3", "2 deleted")
    page.button("Undo", ".tray")
    page.see(".tray h3", "1 restored, 1 could not be restored")
    page.see(".tray", f"/{plain.name}/{needle}")
    assert versioned.get(needle) == b"kept" and plain.keys() == []


def test_the_dialog_names_what_cannot_be_restored(page, versioned, plain):
    needle = search_both(page, versioned, plain)
    page.chord(Keys.CONTROL, "a")
    page.keys(Keys.DELETE)
    page.see("dialog .fate", f"/{plain.name}/{needle}")
    assert f"/{versioned.name}/{needle}" not in page.text("dialog .fate")
    page.keys(Keys.ESCAPE)
    page.see_no_dialog()


def test_the_null_version_of_a_suspended_bucket_is_lost(page, versioned):
    versioned.put("a.txt", "old, kept")
    versioning(versioned, "Suspended")
    versioned.put("a.txt", "newest, null")
    page.open(versioned.name + "/").started().see_names("a.txt")
    delete_all(page, "cannot be undone")
    page.see(".tray h3", "1 deleted")
    assert "Undo" not in page.text(".tray")


def test_a_version_under_the_null_marker_of_a_suspended_bucket_comes_back(page, versioned):
    versioned.put("a.txt", "kept")
    versioning(versioned, "Suspended")
    versioned.put("b.txt", "null")
    page.open(versioned.name + "/").started().see_names("a.txt", "b.txt")
    delete_all(page, "Only 1 of 2 can be restored afterwards")
    page.button("Undo", ".tray")
    page.see(".tray h3", "1 restored, 1 could not be restored")
    assert versioned.keys() == ["a.txt"] and versioned.get("a.txt") == b"kept"


def test_what_was_there_before_versions_were_kept_comes_back(page, bucket):
    bucket.put("a.txt", "older than versioning")
    versioning(bucket, "Enabled")
    page.open(bucket.name + "/").started().see_names("a.txt")
    delete_all(page, "you can undo this")
    page.button("Undo", ".tray")
    page.see(".tray h3", "1 restored")
    assert bucket.get("a.txt") == b"older than versioning"
    purge(bucket)


def test_never_an_older_version_than_the_deleted_one(page, versioned):
    versioned.put("a.txt", "older")
    newest = versioned.client.put_object(Bucket=versioned.name, Key="a.txt", Body=b"deleted")["VersionId"]
    page.open(versioned.name + "/").started().see_names("a.txt")
    delete_all(page, "you can undo this")
    page.see(".tray h3", "1 deleted")
    versioned.client.delete_object(Bucket=versioned.name, Key="a.txt", VersionId=newest)
    page.button("Undo", ".tray")
    page.see(".tray h3", "1 could not be restored")
    assert versioned.keys() == []


def test_a_refused_undo_can_be_retried(page, versioned):
    versioned.put("a.txt", "dear")
    page.open(versioned.name + "/").started().see_names("a.txt")
    delete_all(page, "you can undo this")
    page.see(".tray h3", "1 deleted")
    page.script("window.fetched = fetch; fetch = () => Promise.reject(new TypeError('cut'))")
    page.button("Undo", ".tray")
    page.see(".tray h3", "1 could not be restored")
    page.script("fetch = window.fetched")
    page.button("Retry", ".tray")
    page.see(".tray h3", "1 restored")
    assert versioned.get("a.txt") == b"dear"


def test_a_folders_own_object_comes_back_with_its_bytes(page, versioned):
    for key in ("mk1/", "mk1/a.txt", "mk1/deep/"):
        versioned.put(key, f"bytes of {key}")
    page.open(versioned.name + "/").started().see_names("mk1/")
    page.keys(Keys.HOME, Keys.DELETE)
    page.see("dialog", "in the folder's own object")
    page.see("dialog .fate", "you can undo this")
    page.button("Delete", "dialog")
    page.wait(lambda: versioned.keys() == [], "the deletion")
    page.button("Undo", ".tray")
    page.see(".tray h3", "3 restored")
    assert {key: versioned.get(key).decode() for key in versioned.keys()} == {key: f"bytes of {key}" for key in ("mk1/", "mk1/a.txt", "mk1/deep/")}


def test_what_was_added_while_the_dialog_was_open_is_shown_first(page, versioned):
    versioned.put("f/a.txt", "a")
    page.open(versioned.name + "/").started().see_names("f/")
    page.keys(Keys.HOME, Keys.DELETE)
    page.see("dialog", "1 object,")
    page.see("dialog .fate", "you can undo this")
    versioned.put("f/news.txt", "another client's")
    page.button("Delete", "dialog")
    page.see("dialog", "changed")
    page.see("dialog", "2 objects,")
    page.see("dialog .fate", "you can undo this")
    assert sorted(versioned.keys()) == ["f/a.txt", "f/news.txt"]
    page.button("Delete", "dialog")
    page.wait(lambda: versioned.keys() == [], "the deletion")
    page.button("Undo", ".tray")
    page.see(".tray h3", "2 restored")
    assert sorted(versioned.keys()) == ["f/a.txt", "f/news.txt"]
