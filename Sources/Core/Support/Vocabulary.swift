// The types that Core's own API shares with S3. The front ends get them from here, and never import S3 itself.
@_exported public import class S3.BodyDigests
@_exported public import struct S3.BucketNotification
@_exported public import struct S3.ETag
@_exported public import struct S3.ObjectKey
@_exported public import struct S3.ObjectProperties
@_exported public import struct S3.StoredHeader
@_exported public import struct S3.Tag
@_exported public import struct S3.Timestamp
@_exported public import enum S3.WriteCondition
