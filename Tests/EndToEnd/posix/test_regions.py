"""Buckets in other regions than the mount's."""
# SEMANTICS: 5.1

import os

import boto3
import pytest


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "ap-northeast-1"])
def test_mkdir_makes_the_bucket_in_the_region_of_the_mount(start_mount, s3, bucket_name, region):
    mount = start_mount("--region", region)
    path = mount.path(bucket_name)
    path.mkdir()
    try:
        # S3 reports its first region by an empty value.
        assert (s3.get_bucket_location(Bucket=bucket_name)["LocationConstraint"] or "us-east-1") == region
        with pytest.raises(FileExistsError):
            path.mkdir()
        (path / "f").write_text("x")
        with pytest.raises(OSError, match="not empty"):
            path.rmdir()
        os.remove(path / "f")
    finally:
        path.rmdir()
    assert bucket_name not in [row["Name"] for row in s3.list_buckets()["Buckets"]]


def test_mkdir_and_rmdir_in_every_region_that_aws_has(start_mount, s3, bucket_name, tmp_path):
    regions = boto3.session.Session().get_available_regions("s3")
    assert len(regions) > 25
    for region in regions:
        mount = start_mount("--region", region, http=False)
        mount.path(bucket_name).mkdir()
        assert (s3.get_bucket_location(Bucket=bucket_name)["LocationConstraint"] or "us-east-1") == region
        os.rmdir(mount.path(bucket_name))
        mount.stop()
    assert bucket_name not in [row["Name"] for row in s3.list_buckets()["Buckets"]]


def test_a_bucket_of_another_region_is_used_renamed_and_removed(start_mount, s3, bucket_name):
    s3.create_bucket(Bucket=bucket_name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_object(Bucket=bucket_name, Key="dir/f", Body=b"contents")
    mount = start_mount()
    renamed = mount.path(bucket_name + "-b")
    os.rename(mount.path(bucket_name), renamed)
    assert (renamed / "dir/f").read_text() == "contents"
    os.remove(renamed / "dir/f")
    os.rmdir(renamed / "dir")
    os.rmdir(renamed)
    left = [row["Name"] for row in s3.list_buckets()["Buckets"]]
    assert bucket_name not in left and renamed.name not in left
