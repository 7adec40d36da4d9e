"""Keys and names that resemble something else."""

import os

import pytest

KEYS = [
    ["@s3/x", "k"],
    ["foo@s3/x", "foo"],
    ["a/@s3/b@s3/c", "a/b"],
    ["h" * 251 + "@s3", "h" * 252 + "@s3", "k"],
    ["d" * 251 + "@s3/x", "d" * 251],
    ["n" * 600 + "@s3", "n" * 600],
    ["‛" * 84 + "@s3", "‛@s3/‛@s3"],
]


@pytest.mark.parametrize("keys", KEYS, ids=lambda keys: keys[0][:8])
def test_export_expect_reset(states, orders, keys):
    orders.create()
    for number, key in enumerate(keys):
        orders.put(key, key, Metadata={"number": str(number)})
    states("export", "out", orders.name)
    states("expect", "out", "--thorough")
    for key in keys:
        orders.delete(key)
    states("reset", "out")
    assert orders.keys() == sorted(keys, key=str.encode)
    for number, key in enumerate(keys):
        assert orders.get(key) == key.encode() and orders.head(key)["Metadata"] == {"number": str(number)}


def test_a_folder_with_a_sidecars_name_is_refused(states, orders):
    states.write(f"fx/{orders.name}/foo@s3/x", "x")
    assert "foo‛@s3" in states("seed", "fx", status=2)


def test_an_export_that_fails_leaves_no_bucket_without_objects(states, orders):
    orders.create()
    orders.put("a/b", "x")
    states.write("out/README", "")
    os.chmod(states.directory / "out", 0o500)
    result = states.run("export", "out", orders.name)
    os.chmod(states.directory / "out", 0o700)
    # The superuser can write everywhere.
    assert result.returncode == (0 if os.geteuid() == 0 else 2)
    assert result.returncode == 0 or os.listdir(states.directory / "out") == ["README"]


@pytest.mark.parametrize("spelling", ["{}", "{}/", "s3://{}", "s3://{}/"])
def test_an_export_of_a_bucket_without_objects_says_so(states, orders, spelling):
    orders.create()
    states("export", "out", spelling.format(orders.name))
    assert (states.directory / "out" / orders.name / "@s3").read_text() == "{}\n"


ODD = "esc\x1b[31mred\nfake line\rx\x9b"
SHOWN = "esc%1B[31mred%0Afake line%0Dx%C2%9B"


def plain(text):
    return not any(character < " " and character != "\n" or "\x7f" <= character < "\xa0" for character in text)


def test_a_key_is_one_line(states, orders):
    """In the spelling of the gateway's ?simple."""
    orders.create()
    orders.put(ODD, "a\x1b]0;t\x07b\n", Metadata={"a": "b"})
    orders.put("k", "one\x1b[0m\n")
    states.write(f"fx/{orders.name}/k", "two\n")
    uri = f"s3://{orders.name}/{SHOWN}"
    told = states("expect", "fx", status=1)
    assert f"+ {uri}\n" in told and plain(told) and "+one%1B[0m" in told
    for command in (["diff", "fx"], ["reset", "--dry-run", "fx"], ["expect", "--patch", "fx"]):
        result = states.run(*command)
        assert plain(result.stdout.replace("\t", "")) or "--patch" in command
        assert SHOWN in result.stdout or "\\033[31mred\\nfake" in result.stdout
    assert states("wait", f"s3://{orders.name}/esc*") == f"{uri}\n"
    assert plain(states("snapshot", "save", "s", orders.name))
    orders.delete(ODD)
    for blob in (states.directory / "cache").rglob("blobs/??/*"):
        blob.unlink()
    failed = states("reset", "s", status=2)
    assert plain(failed) and failed.count("\n") == 1


def test_a_name_that_is_no_text(states, orders):
    states.write(f"fx/{orders.name}/x", "x")
    with open(os.fsencode(states.directory / "fx" / orders.name) + b"/caf\xe9", "w"):
        pass
    text = states("seed", "fx", status=2)
    assert "UTF-8" in text and "No such file" not in text
