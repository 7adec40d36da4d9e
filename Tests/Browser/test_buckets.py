"""Properties of buckets and folders: settings, a switch for versions, notifications, and deleted objects."""

import pytest
from selenium.webdriver.common.keys import Keys

QUEUE = "arn:aws:sqs:us-east-1:000000000000:uploads"


@pytest.fixture
def versioned(bucket):
    yield bucket
    bucket.remove_with_versions()
    bucket.create()


def state(bucket):
    return bucket.client.get_bucket_versioning(Bucket=bucket.name).get("Status")


def open_properties(page, bucket):
    page.open("", query=f"#open={bucket.name}%2F&tab=properties&filter={bucket.name}").started()
    page.see(".facts", "Region")
    return page


def test_a_bucket_shows_its_settings_and_a_switch_for_versions(page, versioned):
    page = open_properties(page, versioned)
    page.see(".facts", "us-east-1")
    assert not page.one(".keep-versions").is_selected()
    page.click(".keep-versions")
    page.wait(lambda: state(versioned) == "Enabled", "versions")
    page.see(".facts", "can be restored")
    page.click(".keep-versions")
    page.wait(lambda: state(versioned) == "Suspended", "no versions")
    page.see(".facts", "are lost")


def test_notifications_are_shown(page, bucket):
    configuration = {"QueueConfigurations": [{"QueueArn": QUEUE, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": [{"Name": "suffix", "Value": ".csv"}]}}}]}
    bucket.client.put_bucket_notification_configuration(Bucket=bucket.name, NotificationConfiguration=configuration, SkipDestinationValidation=True)
    page = open_properties(page, bucket)
    for text in ("SQS queue", QUEUE, "s3:ObjectCreated:*", "….csv"):
        page.see(".facts", text)
    bucket.client.put_bucket_notification_configuration(Bucket=bucket.name, NotificationConfiguration={})
    page.driver.refresh()
    page.started().see(".facts", "No notifications")


def test_deleted_objects_are_shown_and_brought_back(page, versioned):
    versioned.client.put_bucket_versioning(Bucket=versioned.name, VersioningConfiguration={"Status": "Enabled"})
    for key in ("dir/a.txt", "dir/deep/b.txt", "dir/stays.txt", "other.txt"):
        versioned.put(key, key)
    for key in ("dir/a.txt", "dir/deep/b.txt", "other.txt"):
        versioned.delete(key)
    page.open(versioned.name + "/").started().see_names("dir/")
    page.keys(Keys.HOME, "i")
    page.click(".show-deleted")
    page.wait(lambda: [item.text for item in page.all(".deleted bdi")] == ["a.txt", "deep/b.txt"], "those of this folder")
    page.button(f"Versions: /{versioned.name}/dir/a.txt", ".deleted")
    page.see(".panel .versions", "delete marker")
    page.driver.back()
    page.click(".show-deleted")
    page.button(f"Restore: /{versioned.name}/dir/a.txt", ".deleted")
    page.wait(lambda: [item.text for item in page.all(".deleted bdi")] == ["deep/b.txt"], "the one that is left")
    assert versioned.get("dir/a.txt") == b"dir/a.txt"
    open_properties(page, versioned)
    page.click(".show-deleted")
    page.button("Restore all 2", ".deleted")
    page.see(".deleted", "None")
    assert sorted(versioned.keys()) == ["dir/a.txt", "dir/deep/b.txt", "dir/stays.txt", "other.txt"]


def test_restoring_over_an_object_that_exists_again_asks_first(page, versioned):
    versioned.client.put_bucket_versioning(Bucket=versioned.name, VersioningConfiguration={"Status": "Enabled"})
    versioned.put("a.txt", "old")
    versioned.delete("a.txt")
    open_properties(page, versioned)
    page.click(".show-deleted")
    page.see(".deleted", "a.txt")
    versioned.put("a.txt", "new, and dear")
    page.button(f"Restore: /{versioned.name}/a.txt", ".deleted")
    page.see("dialog h2", "has changed")
    page.button("Cancel", "dialog")
    page.see_no_dialog()
    assert versioned.get("a.txt") == b"new, and dear"


def test_a_read_only_gateway_switches_and_restores_nothing(versioned, start_mount, chromium):
    from harness.browser import Browser

    versioned.client.put_bucket_versioning(Bucket=versioned.name, VersioningConfiguration={"Status": "Enabled"})
    versioned.put("a.txt", "a")
    versioned.delete("a.txt")
    gateway = start_mount("--read-only", fuse=False)
    page = Browser(chromium, gateway.base).open("", query=f"#open={versioned.name}%2F&tab=properties").started()
    page.see(".facts", "Versioning")
    assert not page.all(".keep-versions")
    page.click(".show-deleted")
    page.see(".deleted", "a.txt")
    assert [button.text for button in page.all(".deleted button")] == ["Versions"]
    chromium.get("about:blank")
