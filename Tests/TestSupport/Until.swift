/// Waits until something is so that other tasks bring about.
public func until(_ isSo: () -> Bool) async {
  while !isSo() { try? await Task.sleep(for: .milliseconds(1)) }
}
