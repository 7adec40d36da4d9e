"""A save through the page changes only what the user changed."""

import pytest
from selenium.webdriver.common.keys import Keys

EXPIRES = "Wed, 21 Oct 2037 07:28:00 GMT"


@pytest.fixture
def dressed(page, bucket):
    """An object with every kind of header, metadata and tag."""
    bucket.put(
        "a.txt", "first\n", ContentType="text/x-log", CacheControl="max-age=5", ContentLanguage="ja", ContentDisposition="inline",
        StorageClass="STANDARD_IA", WebsiteRedirectLocation="/elsewhere", Tagging="stage=dev&who=me",
        Metadata={"team": "blue", "mode": "33188"}, Expires=EXPIRES,
    )  # fmt: skip
    # Text that is not ASCII is encoded (RFC 2047), as S3 does.
    bucket.client.copy_object(
        Bucket=bucket.name, Key="a.txt", CopySource={"Bucket": bucket.name, "Key": "a.txt"}, MetadataDirective="REPLACE",
        ContentType="text/x-log", CacheControl="max-age=5", ContentLanguage="ja", ContentDisposition="inline", Expires=EXPIRES,
        StorageClass="STANDARD_IA", WebsiteRedirectLocation="/elsewhere", TaggingDirective="COPY",
        Metadata={"team": "blue", "owner": "=?UTF-8?B?55Sw5Lit?="},
    )  # fmt: skip
    return page


def dress(bucket):
    head = bucket.head("a.txt")
    names = ("ContentType", "CacheControl", "ContentLanguage", "ContentDisposition", "StorageClass", "WebsiteRedirectLocation", "ExpiresString")
    tags = bucket.client.get_object_tagging(Bucket=bucket.name, Key="a.txt")["TagSet"]
    metadata = {name: value for name, value in head["Metadata"].items() if name not in ("mtime", "ctime")}
    return {name: head.get(name) for name in names} | {"metadata": metadata, "tags": sorted((tag["Key"], tag["Value"]) for tag in tags)}


def test_a_saved_text_keeps_everything_else(dressed, bucket):
    before = dress(bucket)
    assert before["StorageClass"] == "STANDARD_IA" and before["tags"] and before["metadata"]["team"] == "blue"
    dressed.open(bucket.name + "/").started().see_names("a.txt")
    dressed.keys(Keys.HOME, "e")
    dressed.see_code("first", ".editor")
    dressed.edit_code("code.setCursor(0, 0)")
    dressed.keys("zeroth\n")
    dressed.chord(Keys.CONTROL, "s")
    dressed.wait(lambda: bucket.get("a.txt") == b"zeroth\nfirst\n", "the saved text")
    assert dress(bucket) == before


def test_properties_saved_without_a_change_change_nothing(dressed, bucket):
    before, version = dress(bucket), bucket.head("a.txt")["LastModified"]
    dressed.open(bucket.name + "/", query="#open=a.txt&tab=properties").started()
    dressed.see(".facts", "stage")
    dressed.click(".edit-properties")
    dressed.button("Save", ".facts")
    dressed.see(".facts", "stage")
    assert dress(bucket) == before and bucket.head("a.txt")["LastModified"] == version


def test_one_changed_property_leaves_the_others(dressed, bucket):
    before = dress(bucket)
    dressed.open(bucket.name + "/", query="#open=a.txt&tab=properties").started()
    dressed.see(".facts", "stage")
    dressed.click(".edit-properties")
    field = dressed.one("input[name=cache-control]")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("no-store")
    dressed.button("Save", ".facts")
    dressed.see(".facts", "no-store")
    assert dress(bucket) == before | {"CacheControl": "no-store"}


@pytest.mark.parametrize(
    ("text", "typed", "expected"),
    [
        (b"a\r\nb\nc\r\n", "0", b"0a\r\nb\nc\r\n"),
        (b"a\r\nb\r\n", "0\n", b"0\r\na\r\nb\r\n"),
        (b"a\rb\r", "0", b"0a\rb\r"),
        (b"\xef\xbb\xbfa\n", None, None),
        (b"no end", "0", b"0no end"),
        (b"\n\n\n", "0", b"0\n\n\n"),
    ],
    ids=["mixed", "windows", "old mac", "byte order mark", "no end", "blank lines"],
)
def test_line_ends_stay(page, bucket, text, typed, expected):
    bucket.put("t.txt", text)
    page.open(bucket.name + "/").started().see_names("t.txt")
    page.keys(Keys.HOME, "e")
    page.one(".editor .CodeMirror-focused")
    assert page.text(".editor .state") == ""
    if typed is None:
        # The byte order mark is not part of the text, and cannot be deleted by accident.
        assert page.code(".editor") == "a\n"
        page.edit_code("code.replaceRange('x', {line: 0, ch: 0})")
        expected = b"\xef\xbb\xbfxa\n"
    else:
        page.edit_code("code.setCursor(0, 0)")
        page.keys(typed)
    page.see(".editor .state", "Unsaved")
    page.chord(Keys.CONTROL, "s")
    page.wait(lambda: bucket.get("t.txt") == expected, f"{expected}, not {bucket.get('t.txt')},")
    page.wait(lambda: page.text(".editor .state") == "", "the end of the changes")


def test_mixed_line_ends_are_reported(page, bucket):
    bucket.put("t.txt", "a\r\nb\n")
    page.open(bucket.name + "/").started().see_names("t.txt")
    page.keys(Keys.HOME, "e")
    page.see(".editor .breaks", "mixed line ends")


def test_property_edits_are_not_thrown_away_by_a_click_on_another_row(page, bucket):
    bucket.put("a.txt", "a", ContentType="text/plain")
    bucket.put("b.txt", "b")
    page.open(bucket.name + "/", query="#open=a.txt&tab=properties").started().see_names("a.txt", "b.txt")
    page.click(".edit-properties")
    page.one("input[name=cache-control]").send_keys("max-age=9")
    page.click_name("b.txt")
    page.see("dialog", "not saved")
    page.button("Cancel", "dialog")
    page.see_no_dialog()
    assert page.one("input[name=cache-control]").get_attribute("value") == "max-age=9"
    assert "open=a.txt" in page.driver.current_url


def test_after_a_change_by_another_the_edits_stay_and_can_be_saved(page, bucket):
    bucket.put("a.txt", "a", ContentType="text/plain")
    page.open(bucket.name + "/", query="#open=a.txt&tab=properties").started().see_names("a.txt")
    page.click(".edit-properties")
    page.one("input[name=cache-control]").send_keys("max-age=9")
    bucket.put("a.txt", "longer", ContentType="text/plain", ContentLanguage="ja")
    page.button("Save", ".facts")
    page.see(".toasts", "changed in the meantime")
    page.wait(lambda: page.one("input[name=content-language]").get_attribute("value") == "ja", "the other's change")
    page.button("Save", ".facts")
    page.see(".facts", "max-age=9")
    head = bucket.head("a.txt")
    assert (head["CacheControl"], head["ContentLanguage"], bucket.get("a.txt")) == ("max-age=9", "ja", b"longer")
