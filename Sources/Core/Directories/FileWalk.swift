/// Notices that the files of a directory are opened one after the other, as `grep -r` and `cat *` do, and tells which
/// come next. Pure.
///
/// Positions are those of one order of the names. Several readers may share the work, so that a position may come a
/// little too early or too late.
struct FileWalk {
  /// Steps in order before anything is fetched ahead.
  static let stepsNeeded = 2
  /// How far a step may lead, and how many files are fetched ahead of the one that is opened.
  static let reach = 8

  private var front: Int?
  private var steps = 0
  /// Up to here all was fetched, or passed over.
  private var fetched = 0

  /// A file is opened. Returns the positions to be fetched now, each only once in a walk.
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
    // A walk that has just begun may soon be over.
    let end = min(position + 1 + min(steps, Self.reach), count)
    guard first < end else { return position..<position }
    fetched = end
    return first..<end
  }
}
