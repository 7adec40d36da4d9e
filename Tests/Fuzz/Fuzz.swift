// The entry of libFuzzer. One program for all fuzzers: LOCALSTACKMOUNT_FUZZ_TARGET names the one to run, and the rest of
// the command line is libFuzzer's. Built and run by scripts/fuzz.

private let targets: [String: @Sendable (FuzzInput) -> Void] = [
  "xml": fuzzXML, "head": fuzzResponseHead, "metadata": fuzzMetadata, "xattr": fuzzXattr, "keys": fuzzKeys,
  "journal": fuzzJournal, "target": fuzzTarget, "conditions": fuzzConditions, "multipart": fuzzMultipart,
  "fields": fuzzFields, "archive": fuzzArchive,
]

/// libFuzzer's own loop. It is C, and returns only when it was asked to stop after so many runs.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// Looked up once, before the loop: a C function captures nothing.
private let chosen = targets[Environment.value("LOCALSTACKMOUNT_FUZZ_TARGET") ?? ""]

@main enum Fuzz {
  static func main() {
    guard chosen != nil else {
      fatalError("LOCALSTACKMOUNT_FUZZ_TARGET is one of \(targets.keys.sorted().joined(separator: ", "))")
    }
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    _ = runDriver(&count, &arguments) { bytes, count in
      chosen?(FuzzInput(Array(UnsafeBufferPointer(start: bytes, count: count))))
      return 0
    }
  }
}
