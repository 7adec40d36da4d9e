extension String {
  /// A name or target as the kernel gives it; nil if it is not UTF-8, as every S3 key is.
  init?(kernelName name: UnsafePointer<CChar>?) {
    guard let name else { return nil }
    self.init(validatingCString: name)
  }
}
