// swift-tools-version: 6.1
import PackageDescription

// The arrows of the architecture are enforced here: S3 ← Keys ← Core ← {FuseFront, HTTPFront} ← localstackmount,
// S3 ← Keys ← States ← localstackmount, and Archive ← {HTTPFront, States}. Basics is below all of them.
// Each C library has one shim target and one importer.

let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
]

/// Where Debian's packages install libraries of JavaScript, which are embedded in the binary. Another system names its own.
let scriptLibraries = Context.environment["LOCALSTACKMOUNT_SCRIPT_LIBRARIES"] ?? "/usr/share/javascript"

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
  name: "localstackmount",
  products: [
    .executable(name: "localstackmount", targets: ["localstackmount"])
  ],
  traits: [
    .trait(
      name: "FUSE", description: "The FUSE mount. Without it the binary serves HTTP only and does not link libfuse3."),
    .default(enabledTraits: ["FUSE"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
  ],
  targets: [
    // C libraries
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
    .systemLibrary(name: "CFuse3", pkgConfig: "fuse3", providers: [.apt(["libfuse3-dev"])]),
    .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CCrypt", providers: [.apt(["libcrypt-dev"])]),
    .systemLibrary(name: "CMalloc"),
    .systemLibrary(name: "CMicrohttpd", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),

    // Threads, child processes: what every module may need of the system.
    .target(name: "Basics", swiftSettings: swiftSettings),
    // The protocol: knows objects, no files.
    .target(
      name: "S3", dependencies: ["Basics", "CCurl", "CCrypto", "CExpat", logging],
      path: "Sources/Core/S3", swiftSettings: swiftSettings),
    // How keys are spelt as file names, and which names buckets may have.
    .target(name: "Keys", dependencies: ["S3"], path: "Sources/Core/Keys", swiftSettings: swiftSettings),
    // The file-system model: knows files, no C and no HTTP.
    .target(
      name: "Core", dependencies: ["Basics", "S3", "Keys", logging],
      path: "Sources/Core", exclude: ["S3", "Keys"], swiftSettings: swiftSettings),
    // Zip, tar and gzip: knows neither files nor HTTP.
    .target(name: "Archive", dependencies: ["CArchive", "CZlib"], swiftSettings: swiftSettings),
    // Directories as states of buckets: seed, reset, expect, diff, wait, export, snapshot, watch.
    .target(name: "States", dependencies: ["Basics", "S3", "Keys", "Archive", logging], swiftSettings: swiftSettings),
    // The fronts.
    .target(name: "FuseFront", dependencies: ["Basics", "Core", "CFuse3", logging], swiftSettings: swiftSettings),
    .target(
      name: "CWebAssets", path: "web", sources: ["assets.c"],
      cSettings: [.unsafeFlags(["-std=c23", "--embed-dir=\(scriptLibraries)"])]),
    .target(
      name: "HTTPFront", dependencies: ["Basics", "Core", "Archive", "CCrypt", "CMicrohttpd", "CWebAssets", logging],
      swiftSettings: swiftSettings),
    // The command.
    .executableTarget(
      name: "localstackmount",
      dependencies: [
        "Basics", "Core", "S3", "States", "HTTPFront", "CMalloc",
        .target(name: "FuseFront", condition: .when(traits: ["FUSE"])),
        .product(name: "ArgumentParser", package: "swift-argument-parser"), logging,
      ],
      swiftSettings: swiftSettings),

    // Tests mirror Sources. End-to-end and model tests (Tests/EndToEnd, Tests/Model) drive the built binary.
    .target(
      name: "TestSupport", dependencies: ["S3", "Core"], path: "Tests/TestSupport", swiftSettings: swiftSettings),
    .testTarget(name: "BasicsTests", dependencies: ["Basics"], swiftSettings: swiftSettings),
    .testTarget(name: "S3Tests", dependencies: ["S3", "TestSupport"], swiftSettings: swiftSettings),
    .testTarget(name: "KeysTests", dependencies: ["Keys", "S3", "TestSupport"], swiftSettings: swiftSettings),
    .testTarget(
      name: "StatesTests", dependencies: ["States", "S3", "Keys", "TestSupport"], swiftSettings: swiftSettings),
    .testTarget(name: "ArchiveTests", dependencies: ["Archive", "TestSupport"], swiftSettings: swiftSettings),
    .testTarget(name: "CoreTests", dependencies: ["Core", "S3", "TestSupport"], swiftSettings: swiftSettings),
    .testTarget(
      name: "FuseFrontTests", dependencies: ["FuseFront", "Core", "TestSupport"], swiftSettings: swiftSettings),
    .testTarget(
      name: "HTTPFrontTests", dependencies: ["Basics", "HTTPFront", "Archive", "Core", "S3", "TestSupport"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "localstackmountTests",
      dependencies: [
        "localstackmount", "Core", .product(name: "ArgumentParser", package: "swift-argument-parser"), logging,
      ],
      swiftSettings: swiftSettings),
  ]
)

// The fuzzers need the compiler's instrumentation: scripts/fuzz builds them, nothing else does.
if Context.environment["LOCALSTACKMOUNT_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "Fuzz", dependencies: ["S3", "Keys", "Core", "HTTPFront", "Archive"], path: "Tests/Fuzz",
      exclude: ["Corpus"],
      swiftSettings: swiftSettings))
}

// scripts/hot-paths builds and runs it.
if Context.environment["LOCALSTACKMOUNT_HOT_PATHS"] != nil {
  package.targets += [
    .target(name: "CAllocations", path: "Tests/HotPaths/CAllocations"),
    .executableTarget(
      name: "HotPaths", dependencies: ["S3", "Core", "TestSupport", "CAllocations"], path: "Tests/HotPaths/HotPaths",
      swiftSettings: swiftSettings),
  ]
}
