"""A snapshot of LocalStack goes to another server and comes back. LOCALSTACKMOUNT_OTHER_ENDPOINTS: their URLs, with blanks
between; without it nothing is tested. Checked with moto (`pip install 'moto[s3,server]'; moto_server -p 5555`)."""

import os

import pytest

from harness.localstack import Bucket, s3_client
from harness.states import States, settle

OTHERS = os.environ.get("LOCALSTACKMOUNT_OTHER_ENDPOINTS", "").split()


def fill(orders):
    orders.create()
    for number in range(30):
        orders.put(f"in/{number}.csv", f"id\n{number}\n", ContentType="text/csv", Metadata={"run": str(number)})
    orders.put("é/ü +%&?#.json", "{}", ContentType="application/json", CacheControl="no-store", Tagging="stage=raw&a=b")
    orders.put("a//b", "empty segment")
    orders.put("marker/", "")
    orders.put("marker", "beside it")
    orders.put("large", os.urandom(9 << 20))
    upload = orders.client.create_multipart_upload(Bucket=orders.name, Key="parts", Metadata={"m": "1"})["UploadId"]
    parts = []
    for number in (1, 2):
        body = os.urandom(5 << 20)
        part = orders.client.upload_part(
            Bucket=orders.name, Key="parts", UploadId=upload, PartNumber=number, Body=body
        )
        parts.append({"PartNumber": number, "ETag": part["ETag"]})
    orders.client.complete_multipart_upload(
        Bucket=orders.name, Key="parts", UploadId=upload, MultipartUpload={"Parts": parts}
    )


@pytest.mark.skipif(not OTHERS, reason="LOCALSTACKMOUNT_OTHER_ENDPOINTS names none")
@pytest.mark.parametrize("other", OTHERS)
def test_a_state_goes_there_and_back(tmp_path, localstack, orders, other):
    here, there = States(tmp_path, localstack.endpoint), States(tmp_path, other)
    there.environment.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")
    bucket = Bucket(s3_client(other), orders.name)
    fill(orders)
    try:
        here("snapshot", "save", "here", orders.name)
        there("reset", "here", seconds=120)
        there("diff", "here", "--thorough")
        assert sorted(bucket.keys()) == sorted(orders.keys())
        there("snapshot", "save", "there", orders.name)
        here("diff", "here", "there")
        here("diff", "there", "--thorough")
        settle()
        there("diff", "here")

        bucket.put("in/1.csv", "changed")
        bucket.put("in/2.csv", "id\n2\n", ContentType="text/csv", Metadata={"run": "other"})
        bucket.delete("marker/")
        bucket.put("extra", "x")
        text = there("diff", "here", status=1)
        uri = f"s3://{orders.name}"
        assert [line for line in text.splitlines() if line[1:7] == " s3://"] == [
            f"+ {uri}/extra", f"M {uri}/in/1.csv", f"U {uri}/in/2.csv", f"- {uri}/marker/"
        ]  # fmt: skip
        there("reset", "there")
        there("diff", "here", "--thorough")
        there("export", "out", orders.name)
        here("diff", "out", "--thorough")
        # Despite other multipart sizes and ETags nothing equal is put again.
        assert "put" not in here("reset", "out")
    finally:
        bucket.remove()
