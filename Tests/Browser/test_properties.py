"""Properties changed, versions restored, presigned URLs made, several things downloaded as one."""

import io
import zipfile

import pytest
import requests
from selenium.webdriver.common.keys import Keys


@pytest.fixture
def versioned(bucket):
    bucket.client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    yield bucket
    versions = bucket.client.list_object_versions(Bucket=bucket.name)
    for version in versions.get("Versions", []) + versions.get("DeleteMarkers", []):
        bucket.client.delete_object(Bucket=bucket.name, Key=version["Key"], VersionId=version["VersionId"])


def test_headers_metadata_and_tags_are_changed(page, bucket):
    bucket.put("a.txt", "body", ContentType="text/plain", Metadata={"team": "blue"}, Tagging="stage=dev")
    page.open(bucket.name + "/").started().see_names("a.txt")
    page.keys(Keys.HOME, "i")
    page.see(".facts", "stage")
    page.click(".edit-properties")
    field = page.one("input[name=cache-control]")
    field.send_keys("max-age=60")
    team, stage = [row.find_elements("css selector", "input")[1] for row in page.all(".pair")]
    for value, text in ((team, "red"), (stage, "prod")):
        value.send_keys(Keys.CONTROL, "a")
        value.send_keys(text)
    page.button("Save", ".facts")
    page.see(".facts", "prod")
    head = bucket.head("a.txt")
    assert (head["CacheControl"], head["ContentType"], head["Metadata"]) == ("max-age=60", "text/plain", {"team": "red"})
    tags = bucket.client.get_object_tagging(Bucket=bucket.name, Key="a.txt")["TagSet"]
    assert tags == [{"Key": "stage", "Value": "prod"}] and bucket.get("a.txt") == b"body"


def test_an_older_version_is_seen_and_restored(page, versioned):
    versioned.put("a.txt", "first")
    versioned.put("a.txt", "second one")
    page.open(versioned.name + "/").started().see_names("a.txt")
    page.click_name("a.txt")
    page.see_code("second one")
    page.click("#tab-versions")
    page.wait(lambda: len(page.all(".versions li")) == 2, "two versions")
    page.all(".versions li")[1].find_element("css selector", "button").click()
    page.see_code("first")
    page.button("All versions", ".panel")
    page.wait(lambda: len(page.all(".versions li")) == 2, "two versions")
    page.button("Restore", ".versions")
    page.wait(lambda: versioned.get("a.txt") == b"first", "the first version again")


def test_a_version_is_restored_once_however_often_its_button_is_pressed(page, versioned):
    versioned.put("a.txt", "first")
    versioned.put("a.txt", "second one")
    page.open(versioned.name + "/", query="#open=a.txt&tab=versions").started()
    page.wait(lambda: len(page.all(".versions li")) == 2, "two versions")
    page.script("""const real = window.fetch; window.sent = 0;
        window.fetch = async (url, options) => { if (options?.method === 'POST') window.sent += 1; return real(url, options); };
        const button = [...document.querySelectorAll('.versions button')].find((button) => button.textContent === 'Restore');
        button.click(); button.click(); setTimeout(() => button.click(), 5);""")
    page.wait(lambda: len(page.all(".versions li")) == 3, "three versions")
    page.wait(lambda: versioned.get("a.txt") == b"first", "the first version again")
    assert page.script("return window.sent") == 1


def test_a_version_replaces_only_the_newest_that_was_shown(page, versioned):
    versioned.put("a.txt", "first")
    versioned.put("a.txt", "second one")
    page.open(versioned.name + "/", query="#open=a.txt&tab=versions").started()
    page.wait(lambda: len(page.all(".versions li")) == 2, "two versions")
    # Written right before the restore, as by another program.
    page.script("""const real = window.fetch; let isFirst = true;
        window.fetch = async (url, options) => {
          if (String(url).includes('?restore=') && isFirst) { isFirst = false; await real(String(url).split('?')[0], { method: 'PUT', body: 'third, and dear' }); }
          return real(url, options);
        }""")
    page.button("Restore", ".versions")
    page.see("dialog h2", "has changed")
    assert versioned.get("a.txt") == b"third, and dear"
    page.button("Restore", "dialog")
    page.wait(lambda: versioned.get("a.txt") == b"first", "the first version again")


def test_a_deletion_is_undone_where_the_bucket_keeps_versions(page, versioned):
    versioned.put("a.txt", "dear")
    page.open(versioned.name + "/").started().see_names("a.txt")
    page.keys(Keys.HOME, Keys.DELETE)
    page.button("Delete", "dialog")
    page.button("Undo", ".tray")
    page.wait(lambda: versioned.get("a.txt") == b"dear", "the object again")
    page.see_names("a.txt")


def test_a_deleted_folder_comes_back_where_the_bucket_keeps_versions(page, versioned):
    keys = ["f/a.txt", "f/deep/b.txt", "f/made/"]
    for key in keys:
        versioned.put(key, key)
    versioned.put("f/gone-before.txt", "x")
    versioned.delete("f/gone-before.txt")
    versioned.put("other.txt", "stays")
    page.open(versioned.name + "/").started().see_names("f/", "other.txt")
    page.keys(Keys.HOME, Keys.DELETE)
    page.see("dialog", "2 objects, 19 B")
    page.see("dialog .fate", "you can undo this")
    page.button("Delete", "dialog")
    page.wait(lambda: versioned.keys() == ["other.txt"], "the deletion")
    page.button("Undo", ".tray")
    page.wait(lambda: sorted(versioned.keys()) == [*keys, "other.txt"], "what was in the folder, and no more")
    assert versioned.get("f/deep/b.txt") == b"f/deep/b.txt"
    page.see_names("f/", "other.txt")


def test_a_change_that_cannot_be_undone_warns_before(page, bucket):
    for key in ("f/a.txt", "f/b.txt"):
        bucket.put(key, "12345")
    page.open(bucket.name + "/").started().see_names("f/")
    page.keys(Keys.HOME, Keys.DELETE)
    page.see("dialog", "2 objects, 10 B")
    page.see("dialog .fate", "This cannot be undone")
    page.button("Delete", "dialog")
    page.wait(lambda: bucket.keys() == [], "the deletion")
    page.see(".tray", "1 deleted")
    assert "Undo" not in page.text(".tray")


def test_a_presigned_url_works_without_the_gateway(page, bucket):
    bucket.put("dir/a b.txt", "signed")
    page.open(bucket.name, "dir/").started().see_names("a b.txt")
    page.keys(Keys.HOME, "y")
    page.button("Create", "dialog")
    url = page.wait(lambda: page.text(".presign pre"), "a URL")
    assert requests.get(url, timeout=10).text == "signed"
    # By another host name of the endpoint, as a container or another machine uses it.
    host = page.one("dialog input[aria-label=Host]")
    host.send_keys(Keys.CONTROL, "a")
    host.send_keys("http://localstack.test:4566", Keys.ENTER)
    page.see(".presign pre", "http://localstack.test:4566/")
    assert "X-Amz-Expires=3600" in page.text(".presign pre")


def test_several_things_come_as_one_zip(page, bucket, tmp_path):
    for key in ("a.txt", "dir/b.txt", "other.txt"):
        bucket.put(key, key)
    page.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    page.open(bucket.name + "/").started().see_names("dir/", "a.txt", "other.txt")
    page.keys(Keys.HOME)
    page.chord(Keys.SHIFT, Keys.ARROW_DOWN)
    page.see_selected(["dir/", "a.txt"])
    page.keys("d")
    found = page.wait(lambda: list(tmp_path.glob("*.zip")), "the download")
    archive = zipfile.ZipFile(io.BytesIO(found[0].read_bytes()))
    assert sorted(name for name in archive.namelist() if not name.endswith("/")) == ["a.txt", "dir/b.txt"]
    assert archive.read("a.txt") == b"a.txt"


def test_an_invalid_name_is_reported(page, bucket):
    bucket.put("a.txt", "body")
    page.open(bucket.name + "/", query="#open=a.txt&tab=properties").started()
    page.click(".edit-properties")
    page.press(lambda: [button for button in page.all(".facts button") if button.text == "Add"], "the first row's button")
    name, value = page.all(".pair input")[:2]
    name.send_keys("a b")
    value.send_keys("x")
    page.button("Save", ".facts")
    page.see(".toasts", '"a b" cannot be the name of a metadata header.')
    assert "support" not in page.text(".toasts")


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_both_sides_of_a_conflict_are_shown(page, bucket, width):
    page.cdp("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
    bucket.put("a.txt", "body", ContentType="text/plain", CacheControl="no-cache", Metadata={"team": "blue"})
    page.open(bucket.name + "/", query="#open=a.txt&tab=properties").started()
    page.click(".edit-properties")
    for field in (page.one("input[name=cache-control]"), page.all(".pair input")[1]):
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys("mine")
    bucket.put("a.txt", "longer", ContentType="text/plain", CacheControl="no-store", Metadata={"team": "red"})
    page.button("Save", ".facts")
    page.wait(lambda: [element.text for element in page.all(".facts .theirs")] == ["theirs: no-store", "theirs: red"], "theirs")
    field = page.one("input[name=cache-control]")
    assert field.get_attribute("value") == "mine"
    edges = page.script("return [...document.querySelectorAll('.facts :is(input, button, .theirs)')].map((part) => part.getBoundingClientRect().right)")
    assert max(edges) <= width
    if width < 760:
        assert field.rect["width"] > width - 60, "the field's whole line"


@pytest.mark.parametrize("key", ["d/.", "d/..", "d/" + "n" * 300])
def test_a_command_writes_to_a_name_that_a_file_can_have(page, bucket, key):
    bucket.put(key, "x")
    page.open("-", "health")
    page.open(bucket.name, "d/").started()
    page.wait(lambda: len(page.names()) == 1, "the row")
    page.keys(Keys.HOME, "y")
    page.see("dialog", "curl -fsS -o object ")
    page.keys(Keys.ESCAPE)


def test_a_folder_names_the_bytes_of_its_own_object(page, bucket):
    bucket.put("mk/", "a marker with 22 bytes")
    page.open(bucket.name + "/").started().see_names("mk/")
    page.keys(Keys.HOME, "i")
    page.see(".facts", "The folder's own object\n22 B")
    page.click(".panel .close")
    page.keys(Keys.HOME, Keys.DELETE)
    page.see("dialog", "0 objects, 0 B, and 22 B in the folder's own object")
    page.keys(Keys.ESCAPE)
    page.see_no_dialog()
