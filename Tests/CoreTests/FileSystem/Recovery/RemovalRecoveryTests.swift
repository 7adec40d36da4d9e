// SEMANTICS: 3.11.1
import S3
import TestSupport
import Testing

@testable import Core

@Suite("Recovery of deletions that a dead process had answered")
struct RemovalRecoveryTests {
  private let machine = Machine()

  private func killed(after names: [String], _ change: (FaultyStore) -> Void = { _ in }) async throws {
    try await machine.process {
      $0.writeBack = true
      $0.pauseBeforeUpload = .seconds(60)
    } _: { fileSystem, faults in
      change(faults)
      for name in names { try await fileSystem.names.unlink(name, in: try await fileSystem.inode("")) }
    }
  }

  @Test func `3.11 the next start deletes what a killed process had unlinked`() async throws {
    for index in 0..<20 { try await machine.put("x", ObjectKey("\(index)")) }
    try await killed(after: (0..<15).map(String.init))
    #expect(try await machine.keys.count == 20)
    try await machine.restart()
    #expect(try await machine.keys == ["15", "16", "17", "18", "19"])
    #expect(machine.sessions.isEmpty)
  }

  @Test func `3.11 the next start keeps what others have written since`() async throws {
    try await machine.put("old", "a")
    try await machine.put("old", "b")
    try await killed(after: ["a", "b"])
    try await machine.put("theirs", "b")
    try await machine.restart()
    #expect(try await machine.keys == ["b"])
    #expect(try await machine.text("b") == "theirs")
    #expect(machine.sessions.isEmpty)
  }

  @Test func `3.11 what S3 gives no answer for is left to the next start`() async throws {
    try await machine.put("old", "a")
    try await killed(after: ["a"])
    try await machine.process { fileSystem, faults in
      faults.fail(.deleteObject, times: 99, with: .connectionFailed)
      let recovery = machine.recovery(fileSystem)
      await recovery.settle()
      _ = await recovery.uploadFiles()
    }
    #expect(try await machine.keys == ["a"])
    #expect(machine.left.map(\.name) == ["s3://bucket/a"])
    try await machine.restart()
    #expect(try await machine.keys.isEmpty)
    #expect(machine.sessions.isEmpty)
  }
}
