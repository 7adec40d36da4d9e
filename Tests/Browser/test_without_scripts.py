"""Listing, navigation, upload and deletion with JavaScript switched off."""

import pytest
from selenium.webdriver.common.by import By

from harness.browser import Browser, start_chromium


@pytest.fixture(scope="module")
def plain_chromium():
    driver = start_chromium(preferences={"profile.managed_default_content_settings.javascript": 2})
    yield driver
    driver.quit()


@pytest.fixture
def plain(plain_chromium, gateway):
    return Browser(plain_chromium, gateway.base)


def names(page):
    return [cell.text for cell in page.all("td.name a")]


def test_folders_are_listed_entered_and_searched(plain, bucket):
    bucket.put("docs/one.txt", "1")
    bucket.put("top <b>.txt", "2")
    plain.open(bucket.name + "/")
    plain.wait(lambda: names(plain) == ["docs/", "top <b>.txt"], "the listing")
    plain.driver.find_element(By.LINK_TEXT, "docs/").click()
    plain.wait(lambda: names(plain) == ["one.txt"], "the folder")
    plain.driver.find_element(By.LINK_TEXT, bucket.name).click()
    plain.one("input[type=search]").send_keys("one\n")
    plain.wait(lambda: names(plain) == [f"/{bucket.name}/docs/one.txt"], "what was found")


def test_files_are_uploaded_folders_made_and_things_deleted(plain, bucket, tmp_path):
    (tmp_path / "form.txt").write_text("by form")
    plain.open(bucket.name + "/")
    plain.one("input[type=file]").send_keys(str(tmp_path / "form.txt"))
    plain.click("#upload button")
    plain.wait(lambda: names(plain) == ["form.txt"], "the upload")
    assert bucket.get("form.txt") == b"by form"
    plain.one("input[name=name]").send_keys("made\n")
    plain.wait(lambda: sorted(names(plain)) == ["form.txt", "made/"], "the folder")
    # It asks first: the deleting button appears after another click.
    button = plain.one("button[aria-label='Delete form.txt']")
    assert not button.is_displayed()
    plain.click("summary[aria-label='Delete form.txt']")
    plain.wait(button.is_displayed, "the question")
    assert "form.txt" in bucket.keys()
    button.click()
    plain.wait(lambda: names(plain) == ["made/"], "the deletion")
    assert bucket.keys() == ["made/"]


def test_pages_and_refusals_without_scripts_speak_japanese(gateway, bucket):
    bucket.put("a.txt", "x")
    ask = {"Accept": "text/html", "Accept-Language": "ja,en;q=0.8"}
    page = gateway.get(bucket.name + "/", query="?plain", headers=ask)
    assert '<html lang="ja">' in page.text and "アップロード" in page.text and "更新日時 (UTC)" in page.text
    refusal = gateway.get(bucket.name, "missing", headers=ask)
    assert refusal.status_code == 404 and "見つかりません" in refusal.text and "へ移動" in refusal.text
    assert "Accept-Language" in refusal.headers["Vary"]
    english = gateway.get(bucket.name, "missing", headers=ask | {"Accept-Language": "fr"})
    assert '<html lang="en">' in english.text and "Not Found" in english.text


def test_a_listings_page_holds_each_name_once(gateway, bucket):
    bucket.put("a-name-like-no-other.txt", "x")
    page = gateway.get(bucket.name + "/", headers={"Accept": "text/html"})
    assert page.text.count("a-name-like-no-other.txt") == 1
