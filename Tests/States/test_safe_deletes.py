"""Commands delete nothing in S3 or on disk that the directory does not clearly state."""

import json
import os

import pytest


def history(orders):
    """Key, version, and whether it is the newest, of all versions and delete markers."""
    listed = orders.client.list_object_versions(Bucket=orders.name)
    return sorted(
        (entry["Key"], entry["VersionId"], entry["IsLatest"])
        for entry in listed.get("Versions", []) + listed.get("DeleteMarkers", [])
    )


@pytest.fixture
def versions(states, orders):
    """Two versions of keep/x, and keep/gone with a delete marker, beside fx/BUCKET/k."""
    states.write(f"fx/{orders.name}/@s3", '{"versioning": true}')
    states.write(f"fx/{orders.name}/k", "one")
    states("seed", "fx")
    for body in "12":
        orders.put("keep/x", body)
    orders.put("keep/gone", "1")
    orders.delete("keep/gone")
    yield orders
    orders.remove_with_versions()


# An empty folder, as of a missing volume or a submodule that is not checked out.


@pytest.mark.parametrize(
    "command", [["reset"], ["seed", "--delete"], ["seed", "--watch", "--delete"], ["reset", "--dry-run"]], ids=" ".join
)
def test_an_empty_folder_deletes_nothing(states, orders, command):
    orders.create()
    orders.put("kept", "x")
    (states.directory / "fx" / orders.name / "sub").mkdir(parents=True)
    states.write("fx/README", "")
    text = states(*command, "fx", status=3)
    assert f"fx/{orders.name} is an empty folder" in text and f"fx/{orders.name}/@s3" in text and "{}" in text
    assert orders.keys() == ["kept"]
    assert f"- s3://{orders.name}" not in states("expect", "fx", status=1)
    states.write(f"fx/{orders.name}/@s3", "{}")
    assert "1 deleted" in states("reset", "fx")


def test_an_empty_folder_deletes_nothing_of_other_buckets_either(states, orders):
    orders.create()
    orders.put("kept", "x")
    other = f"{orders.name}-2"
    (states.directory / "fx" / orders.name).mkdir(parents=True)
    states.write(f"fx/{other}/a", "x")
    states("reset", "fx", status=3)
    assert not any(bucket["Name"] == other for bucket in orders.client.list_buckets()["Buckets"])
    states("seed", "fx", "--only", orders.name)
    assert orders.keys() == ["kept"]


def test_an_empty_folder_below_a_prefix(states, orders):
    orders.create()
    orders.put("in/kept", "x")
    (states.directory / "data").mkdir()
    assert "data is an empty folder" in states("seed", "data", "--into", f"{orders.name}/in", "--delete", status=3)
    assert orders.keys() == ["in/kept"]


def test_an_empty_folder_is_accepted_where_nothing_would_be_deleted(states, orders):
    (states.directory / "fx" / orders.name).mkdir(parents=True)
    assert "1 bucket made" in states("reset", "fx")
    assert "empty, as they were" in states("reset", "fx")
    orders.put("kept", "x")
    assert "1 kept" in states("reset", "fx", "--keep", "kept")


@pytest.mark.parametrize(
    "form, kept",
    [
        ("{}", "k logs/ logs/a x@y"),
        ("{}/", "k logs/ logs/a x@y"),
        ("s3://{}/**", "k logs/ logs/a x@y"),
        ("{}/logs/", "logs/ logs/a"),
        ("{}/logs", ""),
        ("s3://{}/x@y", "x@y"),
    ],
)
def test_keep_accepts_the_patterns_of_only(states, orders, form, kept):
    states.write(f"fx/{orders.name}/a", "1")
    orders.create()
    for key in ["k", "logs/", "logs/a", "x@y"]:
        orders.put(key, "1")
    states("reset", "fx", "--keep", form.format(orders.name), "--keep", "no-such-bucket/x")
    assert " ".join(orders.keys()[1:]) == kept


def test_an_empty_folder_purges_no_versions(states, versions):
    (states.directory / "none" / versions.name).mkdir(parents=True)
    for key in versions.keys():
        versions.delete(key)
    before = history(versions)
    states("reset", "none", "--purge-versions", status=3)
    assert history(versions) == before


# --update


def test_update_of_a_bucket_that_is_not_in_s3(states, orders):
    states.write(f"fx/{orders.name}/a/b/x", "x")
    states.write(f"fx/{orders.name}/a/b/x@s3", "{}")
    states.write(f"fx/{orders.name}/@s3", "{}")
    states.write("fx/README", "")
    assert "1 removed" in states("expect", "fx", "--update")
    assert os.listdir(states.directory / "fx") == ["README"]


def test_update_of_a_bucket_that_is_empty_in_s3(states, orders):
    orders.create()
    states.write(f"fx/{orders.name}/a/x", "x")
    states("expect", "fx", "--update")
    assert json.loads((states.directory / "fx" / orders.name / "@s3").read_text()) == {}
    states("expect", "fx")
    orders.put("extra", "x")
    assert "1 deleted" in states("reset", "fx")


def test_update_leaves_the_file_that_a_rule_compares_with(states, orders):
    orders.create()
    orders.put("p/1", "h\n2\n")
    file = states.write(f"fx/{orders.name}/all.csv", "h\n1\n")
    rule = {"match": f"{orders.name}/p/*", "as": f"{orders.name}/all.csv", "compare": "csv-rows"}
    states.write("fx/@s3expect", json.dumps({"rules": [rule]}))
    assert '1 of rules with "as" or "count" left' in states("expect", "fx", "--update")
    assert file.read_text() == "h\n1\n"


def test_update_of_a_name_that_is_too_long_for_a_sidecar(states, orders):
    orders.create()
    long = "n" * 254
    orders.put(long, "x", Metadata={"a": "b"})
    states("export", "fx", orders.name)
    sidecar = states.directory / "fx" / orders.name / "@s3"
    assert long in sidecar.read_text()
    orders.delete(long)
    states("expect", "fx", "--update")
    assert json.loads(sidecar.read_text()) == {}
    states("expect", "fx")


@pytest.mark.parametrize("command", [["export"], ["expect", "--update"]], ids=" ".join)
def test_a_file_makes_room_for_a_folder(states, orders, command):
    orders.create()
    orders.put("a", "x", Metadata={"a": "b"})
    states("export", "fx", orders.name)
    orders.put("a/b", "y")
    states(*command, "fx", *([orders.name] if command == ["export"] else []))
    folder = states.directory / "fx" / orders.name
    assert sorted(os.listdir(folder)) == ["a", "a‛object", "a‛object@s3"]
    assert (folder / "a‛object").read_text() == "x" and (folder / "a" / "b").read_text() == "y"
    states("expect", "fx", "--thorough")
    orders.delete("a/b")
    states("expect", "fx", "--update")
    states("expect", "fx", "--thorough")


# Old versions


def test_keep_holds_for_versions(states, versions):
    before = [entry for entry in history(versions) if entry[0].startswith("keep/")]
    assert len(before) == 4
    states("reset", "fx", "--purge-versions", "--keep", f"{versions.name}/keep/**")
    assert [entry for entry in history(versions) if entry[0].startswith("keep/")] == before


def test_a_dry_run_names_and_counts_versions(states, versions):
    versions.put("k", "two")
    would = states("reset", "fx", "--purge-versions", "--dry-run")
    before = history(versions)
    purged = {line.split()[1] for line in would.splitlines() if line.startswith("purge ")}
    assert purged == {f"s3://{versions.name}/{key}" for key in ("k", "keep/x", "keep/gone")}
    assert history(versions) == before
    did = states("reset", "fx", "--purge-versions")
    counts = [text.splitlines()[-1].split(": ")[1].split(" (")[0] for text in (would, did)]
    assert counts[0] == counts[1] and "6 old versions deleted" in counts[0]
    assert [entry[0] for entry in history(versions)] == ["k"]


# Symbolic links


@pytest.fixture
def linked(states, orders):
    """fx/BUCKET/link leads to a folder outside of fx."""
    states.write("outside/precious", "precious")
    states.write("outside/f.txt", "mine")
    orders.create()
    orders.put("link/f.txt", "from s3")
    orders.put("other", "1")
    (states.directory / "fx" / orders.name).mkdir(parents=True)
    (states.directory / "fx" / orders.name / "link").symlink_to(states.directory / "outside")
    return orders


def outside(states):
    return {path.name: path.read_text() for path in (states.directory / "outside").iterdir()}


def test_export_does_not_write_through_a_link(states, linked):
    before = outside(states)
    assert f"fx/{linked.name}/link is a symbolic link" in states("export", "fx", linked.name, status=2)
    assert outside(states) == before and os.listdir(states.directory / "fx" / linked.name) == ["link"]


def test_update_deletes_nothing_behind_a_link(states, linked):
    before = outside(states)
    linked.delete("link/f.txt")
    assert f"fx/{linked.name}/link is a symbolic link" in states("expect", "fx", "--update", status=2)
    assert outside(states) == before and os.listdir(states.directory / "fx" / linked.name) == ["link"]


@pytest.mark.parametrize("command", [["export"], ["expect", "--update"]], ids=" ".join)
def test_a_bucket_that_is_a_link_is_only_read(states, linked, command):
    before = outside(states)
    (states.directory / "fx2").mkdir()
    (states.directory / "fx2" / linked.name).symlink_to(states.directory / "outside")
    part = [linked.name] if command == ["export"] else []
    assert f"fx2/{linked.name} is a symbolic link" in states(*command, "fx2", *part, status=2)
    assert outside(states) == before


def test_links_are_read_and_the_directory_itself_may_be_one(states, linked):
    (states.directory / "alias").symlink_to("fx")
    states("reset", "alias")
    assert linked.get("link/precious") == b"precious"
    (states.directory / "real").mkdir()
    (states.directory / "named").symlink_to("real")
    states("export", "named", linked.name)
    assert (states.directory / "real" / linked.name / "link" / "precious").read_text() == "precious"
