// SEMANTICS: 3.3
import TestSupport
import Testing

@testable import Core

@Suite("Planning an upload")
struct UploadPlanTests {
  private static let mebibyte: Int64 = 1 << 20
  private static let gibibyte: Int64 = 1 << 30

  private func plan(
    _ size: Int64, _ local: [Range<Int64>], base: Int64? = nil, visible: Int64? = nil,
    limits: UploadLimits = UploadLimits()
  ) -> UploadPlan {
    var set = ByteRangeSet()
    for range in local { set.insert(range) }
    return UploadPlan(
      size: size, local: set, base: base.map { UploadPlan.Base(size: $0, visible: visible ?? $0) }, limits: limits)
  }

  private func parts(_ plan: UploadPlan) -> [PlannedPart] { if case .multipart(let parts) = plan { parts } else { [] } }

  private func sent(_ plan: UploadPlan) -> Int64 {
    parts(plan).filter { !$0.isCopy }.reduce(0) { $0 + Int64($1.range.count) }
  }

  @Test("Untouched bytes are not sent")
  func unchanged() {
    #expect(plan(100, [], base: 100) == .unchanged)
    #expect(plan(0, [], base: 0) == .unchanged)
    #expect(plan(Self.gibibyte, [], base: Self.gibibyte) == .unchanged)
  }

  @Test("A file that was truncated, or truncated and extended, or is new counts as changed")
  func changed() {
    #expect(plan(50, [], base: 100, visible: 50) == .put)
    #expect(plan(100, [], base: 100, visible: 50) == .put)
    #expect(plan(0, []) == .put)
    #expect(plan(100, [5..<6], base: 100) == .put)
  }

  @Test("Up to the threshold one PUT, above it parts")
  func threshold() {
    let threshold = 16 * Self.mebibyte
    #expect(plan(threshold, [0..<threshold]) == .put)
    #expect(
      plan(threshold + 1, [0..<threshold + 1])
        == .multipart([
          .upload(0..<8 * Self.mebibyte), .upload(8 * Self.mebibyte..<threshold), .upload(threshold..<threshold + 1),
        ]))
  }

  @Test(
    "One byte changed in a gibibyte sends one part of 5 MiB", arguments: [0, 1, 500 << 20, (1 << 30) - 1] as [Int64])
  func patch(offset: Int64) {
    let plan = plan(Self.gibibyte, [offset..<offset + 1], base: Self.gibibyte)
    #expect(sent(plan) <= 5 * Self.mebibyte)
    #expect(parts(plan).count <= 4)
  }

  @Test("Appending sends the appended bytes")
  func append() {
    let end = Self.gibibyte + 1024
    let expected = [PlannedPart.copy(0..<Self.gibibyte), .upload(Self.gibibyte..<end)]
    #expect(plan(end, [Self.gibibyte..<end], base: Self.gibibyte) == .multipart(expected))
  }

  @Test("Truncating a large object sends nothing")
  func truncate() {
    let size = 100 * Self.mebibyte
    #expect(plan(size, [], base: Self.gibibyte, visible: size) == .multipart([.copy(0..<size)]))
  }

  @Test("A change near the end is sent with all bytes after it as the last part")
  func nearEnd() {
    let (size, offset) = (Self.gibibyte, Self.gibibyte - 1000)
    #expect(
      plan(size, [offset..<offset + 1], base: size) == .multipart([.copy(0..<offset), .upload(offset..<size)]))
  }

  @Test("Bytes that the base does not have are sent as zeros")
  func hole() {
    let size = 40 * Self.mebibyte
    let shown = 20 * Self.mebibyte
    let plan = plan(size, [], base: size, visible: shown)
    #expect(parts(plan).first == .copy(0..<shown))
    #expect(sent(plan) == size - shown)
  }

  @Test("Parts grow so that there are at most 10,000")
  func manyParts() {
    let size = 5 * 1024 * Self.gibibyte
    let all = parts(plan(size, [0..<size]))
    #expect((1...10_000).contains(all.count))
    #expect(all.allSatisfy { Int64($0.range.count) <= 5 * Self.gibibyte })
  }

  @Test("Too many scattered changes are sent in fewer, larger runs")
  func scattered() {
    var limits = UploadLimits()
    (limits.putThreshold, limits.partSize, limits.minimumPartSize, limits.copyPartSize) = (0, 8, 5, 1000)
    limits.maximumParts = 20
    let local = stride(from: Int64(0), to: 1000, by: 20).map { $0..<$0 + 1 }
    let all = parts(plan(1000, local, base: 1000, limits: limits))
    #expect((1...20).contains(all.count))
    #expect(all.last?.range.upperBound == 1000)
  }

  @Test(
    "Any changes: the parts are valid, make the file, and send little more than the changes",
    arguments: UInt64(1)...200)
  func anyChanges(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var limits = UploadLimits()
    (limits.putThreshold, limits.partSize, limits.minimumPartSize, limits.copyPartSize) = (20, 16, 10, 60)
    let base = (0..<Int.random(in: 0...400, using: &generator)).map { UInt8(truncatingIfNeeded: 1 + $0 % 100) }
    let size = Int.random(in: 21...500, using: &generator)
    let visible = Int.random(in: 0...base.count, using: &generator)
    // The expected file: the base as far as visible, zeros, our writes.
    var file = Array(base.prefix(min(visible, size))) + [UInt8](repeating: 0, count: max(0, size - visible))
    var local: [Range<Int64>] = []
    for _ in 0..<Int.random(in: 0...6, using: &generator) {
      let start = Int.random(in: 0..<size, using: &generator)
      let end = min(size, start + Int.random(in: 1...30, using: &generator))
      for index in start..<end { file[index] = 200 }
      local.append(Int64(start)..<Int64(end))
    }
    let plan = plan(Int64(size), local, base: Int64(base.count), visible: Int64(visible), limits: limits)
    guard case .multipart(let parts) = plan else {
      #expect(plan == .unchanged && local.isEmpty && size == base.count)
      return
    }
    var made: [UInt8] = []
    for (index, part) in parts.enumerated() {
      #expect(part.range.lowerBound == Int64(made.count))
      #expect(part.range.count >= (index == parts.count - 1 ? 1 : 10))
      #expect(part.range.count <= (part.isCopy ? 60 : 16 + 9))
      let range = Int(part.range.lowerBound)..<Int(part.range.upperBound)
      made += part.isCopy ? base[range] : file[range]
    }
    #expect(made == file)
    #expect(parts.count <= 10_000)
    // Each changed range adds less than a minimum part on either side of a minimum part.
    let mustSend = Int64(max(0, size - visible)) + local.reduce(0) { $0 + Int64($1.count) }
    #expect(sent(plan) <= mustSend + Int64(local.count + 1) * 3 * 10)
  }
}
