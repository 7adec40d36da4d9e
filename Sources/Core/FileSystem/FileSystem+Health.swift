import S3

extension FileSystem {
  /// Whether S3 answers at all: any answer but a server's failure will do. Throws why it does not; when the task is
  /// cancelled, soon. Cost: one HeadBucket, of a bucket that need not exist.
  public func checkEndpoint() async throws(FileSystemError) {
    do throws(S3Error) {
      try await store.headBucket(options.buckets.first?.bucket ?? "localstackmount-health")
    } catch {
      guard error.code == .noSuchBucket || 400..<500 ~= error.status ?? 0 else { throw FileSystemError(error) }
    }
  }
}
