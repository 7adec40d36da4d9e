"""Another program's changes appear by themselves."""


def watched(page):
    """Waits until the page gets events, and has read the listing since then."""
    page.see(".lamp", "live")
    read = "return performance.getEntriesByType('resource').some((entry) => entry.name.endsWith('?json') && entry.responseEnd > 0)"
    page.wait(lambda: page.script(read), "the listing after the watch's beginning")
    return page


def test_another_programs_objects_come_change_and_go(page, bucket):
    bucket.put("there.txt", "1")
    page.open(bucket.name + "/").started().see_names("there.txt")
    assert not page.all(".row.fresh")
    bucket.put("news.txt", "22")
    page.see_names("news.txt", "there.txt")
    assert "fresh" in page.row("news.txt").get_attribute("class")
    assert "new" in page.row("news.txt").text
    bucket.put("there.txt", "longer now")
    page.wait(lambda: "10 B" in page.row("there.txt").text, "the new size")
    bucket.delete("news.txt")
    page.see_names("there.txt")


def test_the_selection_survives_what_arrives(page, bucket):
    bucket.put("b.txt", "1")
    page.open(bucket.name + "/").started().see_names("b.txt")
    page.click(".row input")
    bucket.put("a.txt", "1")
    page.see_names("a.txt", "b.txt")
    page.see_selected(["b.txt"])


def test_a_bucket_that_is_deleted_while_it_is_shown_is_missing(page, bucket):
    bucket.put("a.txt", "1")
    page.open(bucket.name + "/").started().see_names("a.txt")
    watched(page)
    bucket.remove()
    page.see(".notice", "This bucket does not exist")
    assert any(button.text == "Create this bucket" for button in page.all(".notice button"))
    # The bucket exists again, with the first object in it.
    bucket.create()
    bucket.put("b.txt", "1")
    page.see_names("b.txt")
    page.wait(lambda: not page.one(".list > .notice").is_displayed(), "the message's end")


def test_an_empty_bucket_that_is_deleted_while_it_is_shown_is_missing(page, bucket):
    page.open(bucket.name + "/").started()
    page.see(".notice", "Empty")
    watched(page)
    bucket.remove()
    page.see(".notice", "This bucket does not exist")


def test_a_folder_that_ends_with_its_last_object_is_missing(page, bucket):
    bucket.put("dir/a.txt", "1")
    bucket.put("other.txt", "1")
    page.open(bucket.name, "dir/").started().see_names("a.txt")
    watched(page)
    bucket.delete("dir/a.txt")
    page.see(".notice", "This folder does not exist")
    bucket.put("dir/b.txt", "1")
    page.see_names("b.txt")


def test_an_object_deleted_while_the_watch_begins_does_not_stay_on_the_page(page, bucket):
    bucket.put("a.txt", "1")
    page.open(bucket.name + "/").started()
    page.see(".lamp", "live")
    bucket.put("brief.txt", "1")
    page.see_names("a.txt", "brief.txt")
    bucket.delete("brief.txt")
    page.see_names("a.txt")
