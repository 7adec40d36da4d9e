/// Detects that the files of a directory are opened one after the other, as `grep -r` and `cat *` do, and returns which
/// come next. Pure.
///
/// Positions are those of one order of the names. Several readers may share the work, so that a position may come a
/// little too early or too late.
struct SequentialOpens {
  /// Steps in order before anything is prefetched.
  static let stepsNeeded = 2
  /// The longest step that still counts as in order, and how many files are prefetched beyond the one that is opened.
  static let reach = 8

  private var front: Int?
  private var steps = 0
  /// Every position before this one was prefetched or skipped.
  private var fetched = 0

  /// Records that a file is opened. Returns the positions to prefetch now, each only once in a walk.
  mutating func step(to position: Int, of count: Int) -> Range<Int> {
    let lead = position - (front ?? position - 1)
    if lead > Self.reach || lead < -Self.reach {
      (front, steps, fetched) = (position, 1, position + 1)
    } else if lead > 0 {
      front = position
      steps += 1
    }
    guard steps > Self.stepsNeeded else { return position..<position }
    let first = max(fetched, position + 1)
    // A walk that has just begun may soon end.
    let end = min(position + 1 + min(steps, Self.reach), count)
    guard first < end else { return position..<position }
    fetched = end
    return first..<end
  }
}
