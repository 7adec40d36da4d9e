extension S3Client: ObjectStore {}
