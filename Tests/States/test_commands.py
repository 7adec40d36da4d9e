"""What the commands do, print and return, on a real LocalStack."""

import json
import re
import xml.etree.ElementTree as ElementTree

from harness.processes import run
from harness.states import interrupt, settle
from harness.waiting import wait_until


def fixture(states, bucket, name="fx"):
    states.write(f"{name}/{bucket}/in/today.csv", "id,name\n1,Ada\n")
    states.write(f"{name}/{bucket}/out/total.json", '{"total": 3, "items": [1, 2]}')
    states.write(f"{name}/{bucket}/in/today.csv@s3", '{"metadata": {"run": "é"}, "tags": {"stage": "raw"}}')


def letters(text):
    return sorted(line for line in text.splitlines() if re.match(r"[-+MU] s3://", line))


def test_seed_expect_reset(states, orders):
    fixture(states, orders.name)
    assert "1 bucket made, 2 put" in states("seed", "fx")
    assert orders.get("in/today.csv") == b"id,name\n1,Ada\n"
    head = orders.head("in/today.csv")
    assert head["ContentType"] == "text/csv" and head["TagCount"] == 1
    assert "2 equal" in states("expect", "fx")

    orders.put("out/total.json", '{"items": [1, 2], "total": 4}')
    orders.put("wrong/today.csv", "id,name\n1,Ada\n")
    orders.delete("in/today.csv")
    text = states("expect", "fx", status=1)
    uri = f"s3://{orders.name}"
    assert letters(text) == [f"+ {uri}/wrong/today.csv", f"- {uri}/in/today.csv", f"M {uri}/out/total.json"]
    assert f"{orders.name}/wrong/today.csv has these bytes" in text
    assert '-  "total": 3' in text and '+  "total": 4' in text

    assert "2 put, 1 deleted" in states("reset", "fx")
    assert states("expect", "fx", "--quiet") == ""


def test_json_junit_and_patch(states, orders):
    fixture(states, orders.name)
    states("seed", "fx")
    orders.put("out/total.json", '{"total": 4}\n')
    orders.put("new file.txt", "new\n", Metadata={"a": "b"})
    orders.put("blank at the end ", "new\n")
    orders.delete("in/today.csv")
    report = json.loads(states("expect", "fx", "--json", "--junit", "report.xml", status=1))
    assert report["schemaVersion"] == 1 and report["equal"] is False
    assert {entry["change"] for entry in report["differences"]} == {"missing", "unexpected", "content"}
    suites = ElementTree.parse(states.directory / "report.xml").getroot()
    assert suites[0].get("name") == orders.name and len(suites[0].findall("testcase/failure")) == 4

    patch = states("expect", "fx", "--patch", status=1)
    run("patch", "-p1", "-d", states.directory / "fx", input=patch)
    states("expect", "fx")


def test_update_makes_the_directory_equal_to_the_bucket(states, orders):
    fixture(states, orders.name)
    states("seed", "fx")
    orders.put("out/total.json", "{}", ContentType="x/y")
    orders.put("a/", "")
    orders.delete("in/today.csv")
    assert "CI is set" in states("expect", "fx", "--update", status=3, CI="true")
    states("expect", "fx", "--update", "--force", CI="true")
    states("expect", "fx")
    folder = states.directory / "fx" / orders.name
    assert json.loads((folder / "out/total.json@s3").read_text()) == {"headers": {"content-type": "x/y"}}
    assert not (folder / "in/today.csv").exists() and not (folder / "in/today.csv@s3").exists()
    assert (folder / "a" / "‛object").read_text() == ""


def test_rules(states, orders):
    folder = f"expected/{orders.name}"
    states.write(f"{folder}/a.json", '{"id": 1, "at": "now", "n": 1.0}')
    states.write(f"{folder}/rows.csv", "k,v\n1,a\n2,b\n")
    states.write(f"{folder}/all.csv", "k,v\n1,a\n2,b\n3,c\n")
    states.write(f"{folder}/t.txt", "one\ntwo\n")
    states.write(f"{folder}/x.bin", "anything")
    rules = [
        {"match": "*/a.json", "compare": "json", "ignore": ["$.id", "at"]},
        {"match": "*/rows.csv", "compare": "csv-rows"},
        {"match": f"{orders.name}/parts/*", "as": f"{orders.name}/all.csv", "compare": "csv-rows"},
        {"match": "*/t.txt", "compare": "text"},
        {"match": "*/log/**", "compare": "ignore"},
        {"match": f"{orders.name}/many/*", "count": {"min": 2, "max": 3}},
        {"match": "*/x.bin", "command": 'test -s "$EXPECTED" && test -s "$2" && grep -q any "$1"'},
    ]
    states.write("expected/@s3expect", json.dumps({"rules": rules}))
    orders.create()
    orders.put("a.json", '{"n": 1, "at": "then", "id": 7}')
    orders.put("rows.csv", "k,v\r\n2,b\r\n1,a\r\n")
    orders.put("parts/1", "k,v\n3,c\n")
    orders.put("parts/2", "k,v\n2,b\n1,a\n")
    orders.put("t.txt", "one  \r\ntwo")
    orders.put("log/x", "noise")
    orders.put("many/1", "")
    orders.put("many/2", "")
    orders.put("x.bin", "something")
    states("expect", "expected")
    orders.put("parts/3", "k,v\n4,d\n")
    orders.delete("many/1")
    orders.put("x.bin", "")
    text = states("expect", "expected", status=1)
    assert "+4,d" in text and "2 to 3 objects are expected, 1 are there" in text and "M s3" in text


def test_an_object_of_the_compared_file_s_name_is_a_part(states, orders):
    states.write(f"expected/{orders.name}/all.txt", "1\n2\n")
    rules = [{"match": f"{orders.name}/*", "as": f"{orders.name}/all.txt", "compare": "lines"}]
    states.write("expected/@s3expect", json.dumps({"rules": rules}))
    orders.create()
    orders.put("p1", "2")
    orders.put("p2", "1")
    states("expect", "expected")
    orders.put("all.txt", "junk\n")
    assert "+junk" in states("expect", "expected", status=1)


def test_a_removed_type_becomes_the_default_of_s3(states, orders):
    states.write(f"fx/{orders.name}/a.txt", "x")
    states.write(f"fx/{orders.name}/a.txt@s3", '{"headers": {"content-type": ""}}')
    states("seed", "fx")
    states("expect", "fx")
    assert "1 untouched" in states("reset", "fx")


def test_within_waits_until_it_is_equal(states, orders):
    fixture(states, orders.name)
    process = states.start("expect", "fx", "--within", "30s")
    states("seed", "fx")
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, (out, err)


def test_snapshots(states, orders):
    fixture(states, orders.name)
    states("seed", "fx")
    assert "2 objects, 2 fetched" in states("snapshot", "save", "before", orders.name)
    settle()
    assert "0 fetched" in states("snapshot", "save", "again", orders.name)
    orders.put("new", "x")
    assert letters(states("diff", "before", status=1)) == [f"+ s3://{orders.name}/new"]
    states("snapshot", "save", "after", orders.name)
    assert letters(states("diff", "after", "before", status=1)) == [f"- s3://{orders.name}/new"]
    states("reset", "before")
    assert "2 equal" in states("diff", "before")
    states("diff", "before", "fx")
    states("snapshot", "export", "after", "after.tar")
    states("snapshot", "rm", "after", "again")
    assert states("snapshot", "import", "after.tar", "--name", "copy").startswith("imported copy")
    states("reset", "copy")
    assert orders.get("new") == b"x"
    listed = json.loads(states("snapshot", "list", "--json"))
    assert [entry["name"] for entry in listed["snapshots"]] == ["before", "copy"]


def test_a_website_redirect_is_kept(states, orders):
    orders.create()
    orders.put("a", "x", WebsiteRedirectLocation="/b")
    states("snapshot", "save", "s", orders.name)
    states("export", "out", orders.name)
    sidecar = states.directory / "out" / orders.name / "a@s3"
    assert json.loads(sidecar.read_text())["headers"]["x-amz-website-redirect-location"] == "/b"
    orders.put("a", "x")
    for left in ("s", "out"):
        assert "x-amz-website-redirect-location: /b → (none)" in states("diff", left, "--thorough", status=1)
    states("reset", "s")
    assert orders.head("a")["WebsiteRedirectLocation"] == "/b"
    orders.delete("a")
    states("reset", "out")
    assert orders.head("a")["WebsiteRedirectLocation"] == "/b"


def test_a_damaged_snapshot_is_noticed(states, orders):
    fixture(states, orders.name)
    states("seed", "fx")
    states("snapshot", "save", "before", orders.name)
    blob = next(path for path in (states.directory / "cache").rglob("blobs/??/*"))
    blob.write_bytes(b"x" * blob.stat().st_size)
    for key in orders.keys():
        orders.delete(key)
    assert "the snapshot store is damaged" in states("reset", "before", status=2)
    manifest = next((states.directory / "cache").rglob("before.jsonl"))
    manifest.write_text(manifest.read_text().replace('"schemaVersion":1', '"schemaVersion":9'))
    assert "is of version 9" in states("reset", "before", status=2)


def test_wait(states, orders):
    orders.create()
    uri = f"s3://{orders.name}"
    process = states.start("wait", f"{uri}/out/*.json", "--count", "2", "--timeout", "30s")
    orders.put("out/1.json", "{}")
    orders.put("out/x", "{}")
    assert process.poll() is None
    orders.put("out/2.json", "{}")
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0 and out.decode().split() == [f"{uri}/out/1.json", f"{uri}/out/2.json"]

    process = states.start("wait", f"{uri}/out/1.json", "--gone")
    orders.delete("out/1.json")
    assert process.wait(timeout=30) == 0
    process = states.start("wait", f"{uri}/out/x", "--contains", "done")
    orders.put("out/x", "it is done")
    assert process.wait(timeout=30) == 0
    assert "time is over" in states("wait", f"{uri}/never", "--timeout", "300ms", status=124)
    # Trying every end of each star would take for ever.
    orders.put("a" * 900, "")
    assert "time is over" in states("wait", f"{uri}/{'**a' * 20}b", "--timeout", "300ms", status=124)
    states("wait", "--ready")


def test_wait_for_a_change(states, orders):
    orders.create()
    orders.put("a", "1")
    process = states.start("wait", f"s3://{orders.name}/*", "--changed", "--timeout", "30s")
    # Written until it is noticed: the first poll may come after the first writes.
    for number in range(200):
        orders.put("a", str(number))
        if process.poll() is not None:
            break
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0 and f"s3://{orders.name}/a" in out.decode()


def test_watch(states, orders):
    orders.create()
    process = states.start("watch", orders.name, "--json", "--exec", 'echo "$S3_EVENT $S3_KEY" >> seen')
    assert b"watching" in process.stderr.readline()
    orders.put("a b", "x")
    seen = states.directory / "seen"
    wait_until(lambda: seen.exists() and "created a b" in seen.read_text(), 20)
    orders.delete("a b")
    wait_until(lambda: "deleted a b" in seen.read_text(), 20)
    status, out, _ = interrupt(process)
    assert status == 130
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["created", "deleted"]


def test_seed_again_on_each_save(states, orders):
    fixture(states, orders.name)
    process = states.start("seed", "fx", "--watch")
    wait_until(lambda: orders.exists() and orders.get("in/today.csv"), 20)
    states.write(f"fx/{orders.name}/in/today.csv", "changed")
    wait_until(lambda: orders.get("in/today.csv") == b"changed", 20)
    # A half-saved state does not end the command.
    states.write(f"fx/{orders.name}/in/today.csv@s3", "{")
    assert "not JSON" in next(line for line in iter(process.stderr.readline, b"") if b"JSON" in line).decode()
    states.write(f"fx/{orders.name}/in/today.csv@s3", "{}")
    states.write(f"fx/{orders.name}/in/today.csv", "again")
    wait_until(lambda: orders.get("in/today.csv") == b"again", 20)
    assert interrupt(process)[0] == 130


def test_seed_into_a_prefix(states, orders):
    states.write("data/a.txt", "a")
    states.write("data/d/b.txt", "b")
    orders.create()
    orders.put("in/old", "x")
    orders.put("other", "x")
    states("seed", "data", "--into", f"{orders.name}/in", "--delete")
    assert orders.keys() == ["in/a.txt", "in/d/b.txt", "other"]


def test_suffixes_keep_workers_apart(states, orders, s3):
    fixture(states, orders.name)
    states("seed", "fx", "--suffix", "-w1")
    try:
        states("expect", "fx", "--suffix", "-w1", "--only", f"{orders.name}/in/**")
        assert not orders.exists()
        states("export", "out", "--suffix", "-w1")
        states("diff", "fx", "out")
    finally:
        for key in ["in/today.csv", "out/total.json"]:
            s3.delete_object(Bucket=f"{orders.name}-w1", Key=key)
        s3.delete_bucket(Bucket=f"{orders.name}-w1")


def test_a_round_trip_gives_the_same_directory(states, orders):
    fixture(states, orders.name)
    for number in range(50):
        states.write(f"fx/{orders.name}/many/{number}/file", str(number))
    states.write(f"fx/{orders.name}/x‛@s3", "a real name")
    states.write(f"fx/{orders.name}/dir/‛object", "the body of a marker")
    states.write(f"fx/{orders.name}/a／b/‛‛", "")
    states("seed", "fx")
    states("export", "out", orders.name)
    for sidecar in states.directory.rglob("*@s3"):
        if "‛@s3" not in sidecar.name:
            sidecar.write_text(json.dumps(json.loads(sidecar.read_text()), sort_keys=True))
    run("diff", "-r", states.directory / "fx", states.directory / "out")


def test_presign(states, orders):
    orders.create()
    orders.put("a b", "hello")
    url = states("presign", f"s3://{orders.name}/a b").strip()
    assert run("curl", "-fsS", url).stdout == "hello"
    url = states("presign", "--put", f"s3://{orders.name}/new", "--expires", "5m").strip()
    run("curl", "-fsS", "-T", "-", url, input="put")
    assert orders.get("new") == b"put"


def test_versions_and_purging(states, orders, s3):
    fixture(states, orders.name)
    states.write(f"fx/{orders.name}/@s3", '{"versioning": true}')
    states("seed", "fx")
    assert s3.get_bucket_versioning(Bucket=orders.name)["Status"] == "Enabled"
    orders.put("in/today.csv", "second")
    orders.put("extra", "x")
    orders.delete("extra")
    states("reset", "fx", "--purge-versions")
    listed = s3.list_object_versions(Bucket=orders.name)
    assert len(listed["Versions"]) == 2 and not listed.get("DeleteMarkers")
    states("expect", "fx")
    for version in listed["Versions"]:
        s3.delete_object(Bucket=orders.name, Key=version["Key"], VersionId=version["VersionId"])


def test_event_notifications_are_put_aside(states, orders, s3):
    orders.create()
    wanted = {"EventBridgeConfiguration": {}}
    s3.put_bucket_notification_configuration(Bucket=orders.name, NotificationConfiguration=wanted)
    fixture(states, orders.name)
    states("seed", "fx", "--without-events")
    answer = s3.get_bucket_notification_configuration(Bucket=orders.name)
    assert "EventBridgeConfiguration" in answer


def test_help_and_completion(states):
    for command in ["seed", "reset", "expect", "diff", "wait", "export", "snapshot", "watch", "presign"]:
        assert f"USAGE: localstackmount {command}" in states(command, "--help")
        assert command in states("--help")
    for shell in ["bash", "zsh", "fish"]:
        script = states("--generate-completion-script", shell)
        assert all(word in script for word in ["seed", "snapshot", "without-events", "http"])
