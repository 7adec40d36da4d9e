internal import ArgumentParser

/// Which directories' watchers see what others change.
enum NotifyPolicy: String, ExpressibleByArgument, CaseIterable {
  case watched, recent, off
}
