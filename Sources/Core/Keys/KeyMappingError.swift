/// Why a file name corresponds to no key.
package struct KeyMappingError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Reason: Hashable, Sendable {
    case empty
    /// More than 255 bytes (ENAMETOOLONG).
    case tooLong
    /// `.`, `..`, or a name with "/" or NUL: the kernel never requests these.
    case reserved
    /// A `‛` that quotes nothing.
    case notAnEscape
    /// A valid escape at a place where no key has it.
    case misplaced
  }

  package let reason: Reason
  package let name: String

  package init(_ reason: Reason, name: String) {
    self.reason = reason
    self.name = name
  }

  package var description: String {
    switch reason {
    case .empty: "a name cannot be empty"
    case .tooLong: "a name is at most \(KeyMapping.maximumNameLength) bytes long, this one has \(name.utf8.count)"
    case .reserved: "\"\(name)\" cannot be the name of a file"
    case .notAnEscape: "\"\(name)\": the character ‛ is reserved for escapes; write it twice"
    case .misplaced: "\"\(name)\" is an escape that no key has here"
    }
  }
}
