"""The main views as pictures, for people to judge. scripts/screenshots keeps them in docs/screenshots."""

import json
import os
from pathlib import Path

import pytest
import requests
from selenium.webdriver.common.keys import Keys

from harness.apng import animated
from harness.localstack import Bucket
from harness.processes import REPOSITORY
from harness.waiting import wait_until

LARGEST = 150_000
LARGEST_STORY = 300_000
README = """# Shop fixtures

Input of the **checkout** tests. Reset with `make fixtures`.

| file | rows | read by |
|------|-----:|---------|
| orders.csv | 120 | `import-orders` |
| events.ndjson | 50 | `replay` |

1. Upload the orders
2. Run the tests
   - unit
   - integration

```sh
aws s3 sync fixtures/ s3://demo-shop/
```

> The prices are invented.
"""


@pytest.fixture
def shop(s3, gateway):
    shop = Bucket(s3, "demo-shop")
    shop.remove()
    shop.create()
    orders = "".join(f"{number},Customer {number % 17},2026-03-{number % 28 + 1:02},{number * 7.35:.2f},EUR\n" for number in range(1, 121))
    shop.put("orders.csv", "id,customer,date,total,currency\n" + orders, ContentType="text/csv")
    shop.put("README.md", README, ContentType="text/markdown")
    shop.put("config.json", json.dumps({"region": "us-east-1", "queues": ["orders", "mail"], "retries": 3}), ContentType="application/json")
    shop.put("events.ndjson", "".join(json.dumps({"id": number, "type": "order.created"}) + "\n" for number in range(50)))
    shop.put("handler.py", "import json\n\n\ndef handler(event, context):\n    order = json.loads(event['body'])\n    return {'statusCode': 200}\n", ContentType="text/x-python")
    for key in ("images/logo.svg", "invoices/2026/0001.pdf", "logs/app.log.gz", "請求書.txt", "terms.html", "backup.zip"):
        shop.put(key, "x" * 1500)
    wait_until(lambda: shop.name in gateway.http_names(""), 5, "the sight of a new bucket")
    yield shop
    shop.remove()


@pytest.fixture
def directory(tmp_path):
    directory = os.environ.get("LOCALSTACKMOUNT_SCREENSHOTS")
    directory = REPOSITORY / directory if directory else tmp_path
    directory.mkdir(parents=True, exist_ok=True)
    return directory


@pytest.fixture
def shoot(browser, directory):
    def shoot(name):
        path = Path(directory) / f"{name}.png"
        assert browser.driver.save_screenshot(str(path))
        assert path.stat().st_size < LARGEST

    return shoot


def test_the_main_views(browser, shop, shoot):
    browser.open(shop.name + "/").started()
    browser.wait(lambda: len(browser.names()) == 11, "the shop")
    browser.keys(Keys.HOME)
    shoot("list")
    browser.click_name("README.md")
    browser.see(".prose", "invented")
    shoot("preview")
    browser.click_name("orders.csv")
    browser.see(".sheet", "Customer 1")
    browser.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    shoot("dark")
    browser.cdp("Emulation.setEmulatedMedia", features=[])
    browser.click("#tab-properties")
    browser.see(".facts", "text/csv")
    browser.script("localStorage.setItem('localstackmount.language', 'ja')")
    browser.open(shop.name + "/").started()
    browser.wait(lambda: len(browser.names()) == 11, "the shop")
    browser.click_name("events.ndjson")
    browser.see(".panel", "order.created")
    shoot("japanese")
    browser.script("localStorage.clear()")
    browser.open(shop.name + "/").started()
    browser.wait(lambda: len(browser.names()) == 11, "the shop")
    browser.click_name("handler.py")
    browser.see_code("handler")
    browser.button("Edit", ".panel")
    browser.see_code("handler", ".editor")
    browser.keys("# Orders of the shop\n")
    shop.put("handler.py", shop.get("handler.py").replace(b"200", b"201"))
    browser.button("Save")
    browser.see("dialog", "theirs")
    shoot("conflict")
    browser.button("Take theirs", "dialog")
    browser.see_no_dialog()


def test_a_phone(browser, shop, shoot):
    browser.cdp("Emulation.setDeviceMetricsOverride", width=390, height=780, deviceScaleFactor=1.5, mobile=True)
    browser.open(shop.name + "/").started()
    browser.wait(lambda: len(browser.names()) == 11, "the shop")
    shoot("phone")


def test_a_story(browser, shop, gateway, directory):
    """README's animation: a program's object appears, is viewed, and is compared with the state before."""
    browser.cdp("Emulation.setDeviceMetricsOverride", width=900, height=540, deviceScaleFactor=1, mobile=False)
    assert requests.post(f"{gateway.base}/-/snapshots/before?bucket={shop.name}", timeout=60).ok
    pictures = []
    try:
        browser.open(shop.name + "/").started()
        browser.wait(lambda: len(browser.names()) == 11, "the shop")
        pictures.append(browser.driver.get_screenshot_as_png())
        report = "month,orders,total\n" + "".join(f"2026-{month:02},{month * 7},{month * 812.4:.2f}\n" for month in range(1, 10))
        shop.put("report.csv", report, ContentType="text/csv")
        shop.put("config.json", json.dumps({"region": "eu-central-1", "queues": ["orders"], "retries": 3}), ContentType="application/json")
        browser.wait(lambda: "report.csv" in browser.names(), "the new object")
        pictures.append(browser.driver.get_screenshot_as_png())
        browser.click_name("report.csv")
        browser.see(".sheet", "812.40")
        pictures.append(browser.driver.get_screenshot_as_png())
        browser.open(shop.name + "/", query="#view=snapshots&snapshot=before").started()
        browser.see(".comparison", "2 different")
        browser.script("for (const row of document.querySelectorAll('.difference')) row.open = true")
        browser.see(".difference", "eu-central-1")
        pictures.append(browser.driver.get_screenshot_as_png())
    finally:
        requests.delete(f"{gateway.base}/-/snapshots/before", timeout=60)
        browser.cdp("Emulation.clearDeviceMetricsOverride")
    story = animated(pictures, seconds=2.5)
    assert len(story) < LARGEST_STORY
    (directory / "story.png").write_bytes(story)
