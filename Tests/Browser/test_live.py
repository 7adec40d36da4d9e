"""What another program writes appears by itself."""


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
