"""/-/metrics as Prometheus' own parser reads it."""

from prometheus_client.parser import text_string_to_metric_families


def families(gateway):
    answer = gateway.get("-", "metrics", query="")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def value(found, family, name=None, **labels):
    wanted = name or family + "_total"
    return sum(
        sample.value
        for sample in found[family].samples
        if sample.name == wanted and labels.items() <= sample.labels.items()
    )


def test_requests_and_latencies_are_counted(gateway, seen):
    seen.put("x", "12345")
    before = families(gateway)
    assert gateway.get(seen.name, "x").text == "12345"
    assert gateway.get(seen.name, "missing").status_code == 404
    after = families(gateway)
    for status in ("200", "404"):
        counts = [value(found, "localstackmount_http_requests", method="GET", status=status) for found in (before, after)]
        assert counts[1] > counts[0]
    assert value(after, "localstackmount_http_sent_bytes") >= value(before, "localstackmount_http_sent_bytes") + 5
    histogram = after["localstackmount_http_request_duration_seconds"]
    assert histogram.type == "histogram"
    buckets = [sample.value for sample in histogram.samples if sample.name.endswith("_bucket")]
    assert buckets == sorted(buckets)
    assert buckets[-1] == value(after, histogram.name, histogram.name + "_count")
    assert value(after, "localstackmount_s3_requests") > value(before, "localstackmount_s3_requests")


def test_uses_of_the_caches_are_counted(gateway, seen):
    seen.put("x", "12345")
    gateway.get(seen.name, "x", headers={"Cache-Control": "no-cache"})
    before = families(gateway)
    gateway.get(seen.name, "x", headers={"Cache-Control": "no-cache"})
    after = families(gateway)
    hits = [value(found, "localstackmount_cache_hits", cache="contents") for found in (before, after)]
    misses = [value(found, "localstackmount_cache_misses", cache="contents") for found in (before, after)]
    assert (hits[1] > hits[0], misses[1]) == (True, misses[0])
