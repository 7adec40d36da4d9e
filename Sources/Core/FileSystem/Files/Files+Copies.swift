import S3

// Copies inside the mount that the server makes (docs/decisions/0025-server-side-copies.md).

extension Files {
  /// Serves copy_file_range(2). Long ranges of a version in S3 are copied by the server when `destination` is saved;
  /// others through the cache. A new file that becomes a copy of the whole source takes over its headers and tags.
  /// Returns the number of bytes copied. Throws what `read` and `write` throw. Cost: GETs of short ranges that are not
  /// in memory, one GetObjectTagging if the source has tags; nothing is sent before the close of `destination`.
  public func copyRange(
    from source: FileHandle, at sourceOffset: Int64, to destination: FileHandle, at destinationOffset: Int64,
    count: Int64
  ) async throws(FileSystemError) -> Int64 {
    let (from, to) = (try inodes.openHandle(source), try inodes.openHandle(destination))
    guard sourceOffset >= 0, destinationOffset >= 0 else {
      throw FileSystemError(.invalidArgument, "a copy before the beginning")
    }
    var whole =
      sourceOffset == destinationOffset ? try await wholeCopy(of: from.content, in: to.content, at: sourceOffset) : nil
    var done: Int64 = 0
    while done < count {
      let rest = sourceOffset + done..<sourceOffset + count
      // After the move of a directory, its files are copied from under the new name.
      let sources = [ObjectPath(from.content.with { $0.reference })]
      await held.treeMoves.free(sources)
      if from.content !== to.content, let run = from.content.copyable(rest),
        run.range.count >= options.uploadLimits.leastCopy, !held.treeMoves.isClaimed(sources)
      {
        try to.content.copy(
          run.reader, run.range, to: destinationOffset + done, now: time.wall()
        ) { held.copying.add(to.content) }
        done += Int64(run.range.count)
        to.content.goesOn(&whole, by: Int64(run.range.count), inWrites: 1)
        continue
      }
      let piece = Int(min(count - done, 1 << 20))
      let data = try await read(source, at: sourceOffset + done, count: piece)
      guard data.count > 0 else { break }
      var offset = destinationOffset + done
      for slice in data.slices { offset += Int64(try await write(Array(slice), at: offset, to: destination)) }
      done += Int64(data.count)
      to.content.goesOn(&whole, by: Int64(data.count), inWrites: data.slices.count)
    }
    return done
  }

  /// Returns the copy of a whole file that continues with a range at `offset` in both files, or begins with it; nil if
  /// the range is part of no such copy. Cost: at the beginning one HEAD where the headers were not requested from S3 in
  /// this burst, and one GetObjectTagging if the source has tags.
  private func wholeCopy(
    of source: FileContent, in target: FileContent, at offset: Int64
  ) async throws(FileSystemError) -> WholeCopy? {
    guard source !== target else { return nil }
    let reference = source.with { $0.reference }
    if let begun = target.with({ $0.wholeCopy }) {
      return begun.source == reference && begun.upTo == offset ? begun : nil
    }
    guard offset == 0, target.with({ $0.bytes.base == nil && $0.size == 0 && !$0.isUnlinked }) else { return nil }
    // Other clients may have changed them since the source was opened.
    let etag = source.with { $0.isDirty ? nil : $0.etag }
    if let etag, let head = try? await knowledge.checkedHead(of: reference), head.etag == etag {
      source.with { if !$0.isDirty { $0.takeHeaders(head) } }
    }
    let tags: [Tag]
    do throws(S3Error) { tags = try await store.tags(of: reference, counted: source.with { $0.tagCount }) } catch {
      throw FileSystemError(error)
    }
    let writes = target.with { $0.writes }
    return source.with {
      WholeCopy(source: reference, size: $0.size, properties: $0.properties, tags: tags, writes: writes)
    }
  }
}

extension FileContent {
  /// Extends the copy by `count` bytes, written in `writes` writes: unless there were other writes too.
  fileprivate func goesOn(_ whole: inout WholeCopy?, by count: Int64, inWrites writes: Int) {
    guard var copy = whole else { return }
    copy.upTo += count
    copy.writes += UInt64(writes)
    whole = with { state in
      state.wholeCopy = state.writes == copy.writes ? copy : nil
      return state.wholeCopy
    }
  }

  /// Returns the beginning of a range, as far as it is the same range of one version in S3 that can be copied from.
  fileprivate func copyable(_ range: Range<Int64>) -> (reader: VersionReader, range: Range<Int64>)? {
    with { state in
      guard case .gap(let gap)? = state.bytes.local.ranges.covered(in: range.clamped(to: 0..<state.size)).first,
        case .version(let reader, let there)? = state.bytes.origins(of: gap).first, reader.isNewest
      else { return nil }
      return (reader, there)
    }
  }
}
