/// Waits until a condition holds that other tasks bring about.
public func until(_ isSo: () async throws -> Bool) async rethrows {
  while try await !isSo() { try? await Task.sleep(for: .milliseconds(1)) }
}
