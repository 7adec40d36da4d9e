internal import ArgumentParser

/// Whether a listing waits for attributes that only a HEAD of each object tells.
enum MetadataPolicy: String, ExpressibleByArgument, CaseIterable {
  case learned, always
}
