"""docs/SEMANTICS.md names its tests: each promise has one, and each that is named exists."""

import re

import pytest

from harness.processes import REPOSITORY

TEXT = (REPOSITORY / "docs/SEMANTICS.md").read_text()
TEST = re.compile(r"`([\w/]*(?:test_\w+\.py|\w+Tests\.swift))`")
# Begins at its bold number, ends at the next one or at the next heading.
PROMISES = dict(re.findall(r"^\*\*(\d+\.\d+)\*\*(.*?)(?=^\*\*\d+\.\d+\*\*|^## |\Z)", TEXT, re.M | re.S))
# Chapters without numbered paragraphs are one promise each.
PROMISES |= {
    title: body
    for title, body in re.findall(r"^## (\d+\. .*?)\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S)
    if not re.search(r"^\*\*\d+\.\d+\*\*", body, re.M)
}


def test_there_are_promises():
    assert len(PROMISES) > 40


@pytest.mark.parametrize("promise", PROMISES)
def test_a_promise_names_its_tests(promise):
    assert TEST.search(PROMISES[promise]), f"{promise} names no test"


@pytest.mark.parametrize("name", sorted(set(TEST.findall(TEXT))))
def test_a_test_that_is_named_exists(name):
    if "/" in name:
        assert (REPOSITORY / name).is_file()
    else:
        assert list((REPOSITORY / "Tests").rglob(name)), f"no {name} in Tests"
