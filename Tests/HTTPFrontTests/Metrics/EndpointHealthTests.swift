import Core
import Synchronization
import TestSupport
import Testing

@testable import HTTPFront

struct EndpointHealthTests {
  @Test func `one request to S3 serves all concurrent callers`() async {
    let questions = Atomic(0)
    let health = EndpointHealth(patience: .seconds(60)) { () async throws(FileSystemError) in
      questions.add(1, ordering: .relaxed)
    }
    await withTaskGroup { group in
      for _ in 0..<20 { group.addTask { await health.verdict() } }
      for await verdict in group { #expect(verdict == .answers) }
    }
    #expect(questions.load(ordering: .relaxed) == 1)
  }

  @Test func `a failure is reported with its reason`() async {
    let health = EndpointHealth { () async throws(FileSystemError) in throw FileSystemError(.ioFailure, "it burns") }
    #expect(await health.verdict() == .fails(reason: "it burns"))
  }

  @Test func `an endpoint that does not answer is reported as failing in time, and queried again later`() async {
    let latch = Latch()
    let health = EndpointHealth(patience: .milliseconds(50)) { () async throws(FileSystemError) in await latch.wait() }
    guard case .fails = await health.verdict() else {
      Issue.record("a silent endpoint was reported as healthy")
      return
    }
    latch.open()
    // The answer to the first request is too late to count; the next one is sent when the verdict has expired.
    while await health.verdict() != .answers { await Task.yield() }
  }
}
