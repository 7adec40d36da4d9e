"""S3 states for tests: `@pytest.mark.s3("orders")` lays buckets out, the fixture `s3` waits and compares."""

from .states import S3Difference, S3States, S3StatesError

__all__ = ["S3Difference", "S3States", "S3StatesError"]
