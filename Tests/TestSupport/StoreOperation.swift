import S3

/// The S3 operations of `ObjectStore`, by S3's names.
public enum StoreOperation: String, CaseIterable, Hashable, Sendable, CustomStringConvertible {
  case listBuckets = "ListBuckets"
  case createBucket = "CreateBucket"
  case deleteBucket = "DeleteBucket"
  case headBucket = "HeadBucket"
  case getBucketLocation = "GetBucketLocation"
  case getBucketVersioning = "GetBucketVersioning"
  case putBucketVersioning = "PutBucketVersioning"
  case getBucketNotifications = "GetBucketNotificationConfiguration"
  case putBucketNotifications = "PutBucketNotificationConfiguration"
  case listObjects = "ListObjectsV2"
  case listVersions = "ListObjectVersions"
  case headObject = "HeadObject"
  case getObject = "GetObject"
  case putObject = "PutObject"
  case copyObject = "CopyObject"
  case deleteObject = "DeleteObject"
  case deleteObjects = "DeleteObjects"
  case createMultipartUpload = "CreateMultipartUpload"
  case uploadPart = "UploadPart"
  case uploadPartCopy = "UploadPartCopy"
  case completeMultipartUpload = "CompleteMultipartUpload"
  case abortMultipartUpload = "AbortMultipartUpload"
  case listMultipartUploads = "ListMultipartUploads"
  case getObjectTagging = "GetObjectTagging"
  case putObjectTagging = "PutObjectTagging"

  public var description: String { rawValue }

  func error(_ code: S3Error.Code, serverCode: String? = nil, _ what: String = "") -> S3Error {
    S3Error(code, serverCode: serverCode, message: serverCode ?? code.rawValue, operation: "\(rawValue) \(what)")
  }
}
