"""The place on the page: the focus after an action, the URL, Back, reload, a second tab, quick clicks."""

from selenium.webdriver.common.keys import Keys


def active(page):
    return page.script("return document.querySelector('.row.active .name a')?.textContent")


def see_active(page, name):
    page.wait(lambda: active(page) == name, f"the keyboard on {name!r}, not {active(page)!r},")


def test_the_keyboard_stays_on_what_was_renamed(page, bucket):
    for key in ("dir/x.txt", "a.txt", "zz.txt"):
        bucket.put(key, "x")
    page.open(bucket.name + "/").started().see_names("dir/", "a.txt", "zz.txt")
    page.keys(Keys.END, Keys.F2)
    page.answer("mm.txt")
    page.see_names("dir/", "a.txt", "mm.txt")
    see_active(page, "mm.txt")
    page.keys(Keys.DELETE)
    page.see("dialog h2", "Delete mm.txt?")
    page.keys(Keys.ESCAPE)


def test_the_keyboard_stays_at_its_place_after_deletions_by_us_and_by_others(page, bucket):
    for name in "abcdefg":
        bucket.put(name, name)
    page.open(bucket.name + "/").started().see_names(*"abcdefg")
    page.keys(Keys.HOME, Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.DELETE)
    page.button("Delete", "dialog")
    page.see_names(*"abdefg")
    see_active(page, "d")
    bucket.delete("d")
    page.see_names(*"abefg")
    see_active(page, "e")
    bucket.delete("a")
    page.see_names(*"befg")
    see_active(page, "e")
    # The last one.
    page.keys(Keys.END)
    see_active(page, "g")
    bucket.delete("g")
    page.see_names(*"bef")
    see_active(page, "f")


def test_the_keyboard_stays_at_its_place_after_a_move(page, bucket):
    for key in ("into/x", "a", "b", "c"):
        bucket.put(key, "x")
    page.open(bucket.name + "/").started().see_names("into/", "a", "b", "c")
    page.keys(Keys.HOME, Keys.ARROW_DOWN, Keys.ARROW_DOWN, "m")
    page.answer(f"/{bucket.name}/into/")
    page.see_names("into/", "a", "c")
    see_active(page, "c")


def test_nothing_moves_under_the_pointer(page, bucket):
    for number in range(8):
        bucket.put(f"file-{number}.txt", str(number))
    for width in (1440, 1024, 390):
        page.cdp("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        page.open(bucket.name + "/").started()
        page.wait(lambda: len(page.names()) == 8, "eight rows")
        top = "return document.querySelector('.row:nth-child(3)').getBoundingClientRect().top"
        before = page.script(top)
        page.click(".row:nth-child(3) input")
        page.see_selected(["file-2.txt"])
        assert page.script(top) == before, width
        page.click(".row:nth-child(5) input")
        assert page.script(top) == before, width
        if width > 760:
            page.click(".row:nth-child(3) .name a")
            page.see_code("2")
            assert page.script(top) == before, width


def test_a_row_stays_where_it_is_while_it_is_pressed(page, bucket):
    bucket.put("b.txt", "pressed")
    page.open(bucket.name + "/").started().see_names("b.txt")
    page.see(".lamp", "live")
    box = page.script("const box = document.querySelector('.row .name a').getBoundingClientRect(); return [box.x + 5, box.y + 5]")
    mouse = {"x": box[0], "y": box[1], "button": "left", "clickCount": 1}
    page.cdp("Input.dispatchMouseEvent", type="mousePressed", **mouse)
    bucket.put("a.txt", "from elsewhere")
    bucket.put("b.txt", "pressed and changed")
    page.see(".status", "2 objects")
    assert page.names() == ["b.txt"]
    page.cdp("Input.dispatchMouseEvent", type="mouseReleased", **mouse)
    page.see_code("pressed and changed")
    page.see_names("a.txt", "b.txt")
    page.see_selected(["b.txt"])


def point(page, name, kind="mouseMoved", **more):
    box = page.script("const box = arguments[0].querySelector('.size').getBoundingClientRect(); return [box.x + 10, box.y + 10]", page.row(name))
    page.cdp("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], **more)
    return box


def under(page, spot):
    return page.script("return document.elementFromPoint(arguments[0], arguments[1])?.closest('.row')?.querySelector('.name a').textContent", *spot)


def test_rows_that_appear_above_do_not_move_the_row_under_the_pointer(page, bucket):
    for name in ("m.txt", "n.txt"):
        bucket.put(name, name)
    page.open(bucket.name + "/").started().see_names("m.txt", "n.txt")
    page.see(".lamp", "live")
    spot = point(page, "n.txt")
    # The pointer goes on within the row for as long as the other program's object is on its way.
    bucket.put("a.txt", "from elsewhere")
    step = 0
    while "3 objects" not in page.text(".status"):
        step += 1
        page.cdp("Input.dispatchMouseEvent", type="mouseMoved", x=spot[0] + step % 2, y=spot[1])
    assert under(page, spot) == "n.txt"
    for kind in ("mousePressed", "mouseReleased"):
        page.cdp("Input.dispatchMouseEvent", type=kind, x=spot[0], y=spot[1], button="left", clickCount=1)
    page.see_selected(["n.txt"])
    # Once the pointer rests, the object is shown.
    page.see_names("a.txt", "m.txt", "n.txt")


def test_what_appears_above_moves_nothing_in_a_list_that_is_scrolled(page, bucket):
    for number in range(100):
        bucket.put(f"file-{number:03}.txt", "x")
    page.open(bucket.name + "/").started()
    page.see(".lamp", "live")
    page.script("document.querySelector('.grid').scrollTop = 1000")
    page.wait(lambda: "file-040.txt" in page.names(), "the rows in the middle")
    top = "return [...document.querySelectorAll('.row')].find((row) => row.dataset.path.endsWith('file-040.txt')).getBoundingClientRect().top"
    before = page.script(top)
    for number in range(3):
        bucket.put(f"a-{number}.txt", "from elsewhere")
    page.see(".status", "103 objects")
    page.wait(lambda: page.script(top) == before, "the row where it was")
    assert page.script("return document.querySelector('.grid').scrollTop") == 1084
    bucket.delete("a-0.txt")
    page.see(".status", "102 objects")
    page.wait(lambda: page.script(top) == before, "the row where it was")


def test_the_second_half_of_a_double_click_does_not_click_the_element_below(page, bucket):
    for number in range(30):
        bucket.put(f"file-{number:02}.txt", str(number))
    page.open(bucket.name + "/").started()
    page.wait(lambda: len(page.names()) == 30, "the rows")
    page.keys(Keys.END, Keys.DELETE)
    page.see("dialog", "file-29.txt")
    page.see("dialog .fate", "cannot be undone")
    box = page.script("""const button = [...document.querySelectorAll('dialog button')].find((button) => button.textContent === 'Delete');
        const box = button.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]""")
    for count in (1, 2):
        for kind in ("mousePressed", "mouseReleased"):
            page.cdp("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=count)
    page.wait(lambda: "file-29.txt" not in bucket.keys(), "the deletion")
    page.see(".status", "29 objects")
    assert not page.one(".panel").is_displayed() and page.selected() == []


def test_a_name_typed_at_once_is_not_typed_over(page, bucket):
    bucket.put("old.txt", "x")
    page.open(bucket.name + "/").started().see_names("old.txt")
    # Frames are late on a busy machine; what selects the old name must not wait for one.
    page.script("window.requestAnimationFrame = (act) => setTimeout(act, 1500)")
    page.keys(Keys.HOME, Keys.F2)
    field = page.one("dialog input[type=text]")
    assert page.script("return [arguments[0].selectionStart, arguments[0].selectionEnd]", field) == [0, 3]
    page.keys("new")
    page.keys(Keys.ENTER)
    page.wait(lambda: bucket.keys() == ["new.txt"], "the new name")


def test_a_double_click_opens_the_row_under_the_pointer(page, bucket):
    for number in range(8):
        bucket.put(f"file-{number}.txt", str(number))
    page.cdp("Emulation.setDeviceMetricsOverride", width=1024, height=800, deviceScaleFactor=1, mobile=False)
    page.open(bucket.name + "/").started()
    page.wait(lambda: len(page.names()) == 8, "eight rows")
    spot = page.script("const box = document.querySelectorAll('.row')[4].querySelector('.size').getBoundingClientRect(); return [box.x + 10, box.y + 10]")
    for count in (1, 2):
        for kind in ("mousePressed", "mouseReleased"):
            page.cdp("Input.dispatchMouseEvent", type=kind, x=spot[0], y=spot[1], button="left", clickCount=count)
    page.see(".panel h2", "file-4.txt")
    page.see_selected(["file-4.txt"])


def test_a_preview_has_a_url(page, bucket):
    bucket.put("a b.txt", "first")
    bucket.put("c.txt", "second")
    page.open(bucket.name + "/").started().see_names("a b.txt", "c.txt")
    page.click_name("a b.txt")
    page.see_code("first")
    page.click_name("c.txt")
    page.see_code("second")
    page.driver.back()
    page.see_code("first")
    page.driver.back()
    page.wait(lambda: not page.one(".panel").is_displayed(), "the panel's end")
    assert page.driver.current_url.endswith(f"/{bucket.name}/")
    page.driver.forward()
    page.see_code("first")
    page.click("#tab-properties")
    page.see(".facts", "/a b.txt")
    page.driver.refresh()
    page.started().see(".facts", "/a b.txt")
    url = page.driver.current_url
    page.driver.switch_to.new_window("tab")
    page.driver.get(url)
    page.see(".facts", "/a b.txt")
    page.driver.close()
    page.driver.switch_to.window(page.driver.window_handles[0])


def test_filter_and_order_are_kept_by_a_reload(page, bucket):
    for name, body in {"apple": "aaa", "apricot": "a", "banana": "aa"}.items():
        bucket.put(name, body)
    page.open(bucket.name + "/").started().see_names("apple", "apricot", "banana")
    page.click(".head .size button")
    page.see_names("apple", "banana", "apricot")
    page.one("#filter").send_keys("ap")
    page.see_names("apple", "apricot")
    page.wait(lambda: "filter=ap" in page.driver.current_url, "the filter in the URL")
    page.driver.refresh()
    page.started().see_names("apple", "apricot")
    assert page.one("#filter").get_attribute("value") == "ap"
    # The order is remembered for other folders too.
    page.open(bucket.name + "/").started().see_names("apple", "banana", "apricot")


def test_of_two_quick_clicks_the_second_wins(page, bucket):
    bucket.put("slow/s.txt", "x")
    bucket.put("quick/q.txt", "x")
    page.open(bucket.name + "/").started().see_names("quick/", "slow/")
    # The answer for one folder is delayed.
    page.script("""const real = window.fetch; window.fetch = (url, options) => String(url).includes('/slow/')
        ? new Promise((done) => setTimeout(() => done(real(url, { ...options, signal: undefined })), 1500)) : real(url, options)""")
    page.script("document.querySelector('.crumbs').insertAdjacentHTML('beforeend', '<li id=mark></li>')")
    page.click_name("slow/")
    page.script("history.length")
    page.click("[data-path='/" + bucket.name + "/']")
    page.see_names("quick/", "slow/")
    page.click_name("quick/")
    page.see_names("q.txt")
    page.script("return new Promise((done) => setTimeout(done, 2000))")
    assert page.names() == ["q.txt"] and page.driver.current_url.endswith("/quick/")


def test_of_two_quickly_opened_objects_the_second_wins(page, bucket):
    for name, text in {"a.txt": "slow", "b.txt": "quick", "c.txt": "before"}.items():
        bucket.put(name, text)
    page.open(bucket.name + "/").started().see_names("a.txt", "b.txt", "c.txt")
    # The viewer is loaded already, so the second object is shown before the first one's loading message.
    page.click_name("c.txt")
    page.see_code("before")
    # The first answer is late, and its fetch cannot be cancelled.
    page.script("""const real = window.fetch; window.late = 0;
        const late = (url, options) => new Promise((done) => setTimeout(() => done(real(url, options)), 1500)).finally(() => (window.late += 1));
        window.fetch = (url, options) => String(url).includes('/a.txt') ? late(url, { ...options, signal: undefined }) : real(url, options);
        for (const name of ['a', 'b']) document.querySelector(`.row[data-path$="/${name}.txt"] .name a`).click()""")
    page.see_code("quick")
    page.wait(lambda: page.script("return window.late") > 0, "the late answer")
    assert page.code() == "quick" and page.text(".panel h2") == "b.txt"


def test_a_refused_back_leaves_the_right_url(page, bucket):
    bucket.put("a.txt", "text")
    bucket.put("dir/x.txt", "x")
    page.open(bucket.name + "/").started().see_names("dir/", "a.txt")
    page.click_name("a.txt")
    page.see_code("text")
    page.button("Edit", ".panel")
    page.one(".editor .CodeMirror-focused")
    page.keys("precious ")
    url = page.driver.current_url
    page.driver.execute_script("setTimeout(() => history.back())")
    page.see("dialog", "not saved")
    page.button("Cancel", "dialog")
    page.see_no_dialog()
    page.wait(lambda: page.driver.current_url == url, "the URL of what is shown")
    assert page.code(".editor") == "precious text"
    page.driver.execute_script("setTimeout(() => history.back())")
    page.see("dialog", "not saved")
    page.button("Discard", "dialog")
    page.wait(lambda: not page.one(".panel").is_displayed(), "the panel's end")
    assert page.driver.current_url.endswith(f"/{bucket.name}/")


def test_the_way_up_ends_at_the_folder_one_came_from(page, bucket):
    for key in ("a/x", "b/x", "c/x"):
        bucket.put(key, "x")
    page.open(bucket.name + "/").started().see_names("a/", "b/", "c/")
    page.click_name("b/")
    page.see_names("x")
    page.keys(Keys.BACKSPACE)
    page.see_names("a/", "b/", "c/")
    see_active(page, "b/")


def test_closing_a_preview_keeps_the_order_and_the_filter(page, bucket):
    for name, body in {"apple": "aaa", "apricot": "a", "banana": "aa"}.items():
        bucket.put(name, body)
    page.open(bucket.name + "/").started().see_names("apple", "apricot", "banana")
    page.click_name("apple")
    page.see_code("aaa")
    page.click(".head .size button")
    page.one("#filter").send_keys("ap")
    page.see_names("apple", "apricot")
    page.click(".panel .close")
    page.wait(lambda: not page.one(".panel").is_displayed(), "the panel's end")
    page.see_names("apple", "apricot")
    assert page.one("#filter").get_attribute("value") == "ap"
    page.wait(lambda: "filter=ap" in page.driver.current_url and "open" not in page.driver.current_url, "the URL")
    page.driver.refresh()
    page.started().see_names("apple", "apricot")
