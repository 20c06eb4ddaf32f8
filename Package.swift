// swift-tools-version: 6.2
import PackageDescription

// Three parties, three folders: the parent (Sources/Supervisor, one target for each folder in it), the child
// (Sources/Worker), and the language between them (Sources/WireProtocol). docs/architecture.md says who may import whom
// and why; the build checks it with --explicit-target-dependency-import-check error.

/// A warning that a later toolchain adds must not keep anybody from building; CI takes each for an error.
let isCI = Context.environment["CI"] != nil

let package = Package(
    name: "supervisor",
    products: [
        .executable(name: "supervisor", targets: ["Command"]),
        .executable(name: "supervisor-delivery", targets: ["DeliveryAgent"]),
        .library(name: "Worker", targets: ["Worker"]),
        .library(name: "WireProtocol", targets: ["WireProtocol"]),
    ],
    dependencies: [],
    targets: [
        .target(name: "WireProtocol", exclude: ["PROTOCOL.md"]),
        .target(name: "Worker", dependencies: ["WireProtocol"]),
        .executableTarget(name: "DeliveryAgent", dependencies: ["Worker"]),

        .target(name: "CLinux", path: "Sources/Supervisor/CLinux"),
        .target(name: "EventLoop", dependencies: ["CLinux"], path: "Sources/Supervisor/EventLoop"),
        .target(name: "HTTP", path: "Sources/Supervisor/HTTP"),
        .target(name: "PythonRuntime", path: "Sources/Supervisor/PythonRuntime", exclude: ["update"]),
        .target(name: "SSE", path: "Sources/Supervisor/SSE"),
        .target(name: "Engine", dependencies: ["SSE", "WireProtocol"], path: "Sources/Supervisor/Engine"),
        .target(
            name: "API", dependencies: ["Engine", "HTTP", "SSE", "WireProtocol"], path: "Sources/Supervisor/API"),
        .target(
            name: "Service",
            dependencies: ["API", "Engine", "EventLoop", "HTTP", "PythonRuntime", "SSE", "WireProtocol"],
            path: "Sources/Supervisor/Service"),
        .executableTarget(name: "Command", dependencies: ["Service"], path: "Sources/Supervisor/Command"),

        .target(name: "TestSupport", path: "Tests/Support"),
        .executableTarget(
            name: "FixtureWorker", dependencies: ["WireProtocol", "Worker"], path: "Tests/FixtureWorker"),
        .testTarget(name: "HouseTests"),
        .testTarget(name: "WireProtocolTests", dependencies: ["TestSupport", "WireProtocol"]),
        .testTarget(name: "WorkerTests", dependencies: ["TestSupport", "WireProtocol", "Worker"]),
        .testTarget(name: "EventLoopTests", dependencies: ["EventLoop", "TestSupport"]),
        .testTarget(name: "HTTPTests", dependencies: ["HTTP", "TestSupport"]),
        .testTarget(name: "SSETests", dependencies: ["SSE", "TestSupport"]),
        .testTarget(name: "EngineTests", dependencies: ["Engine", "SSE", "TestSupport", "WireProtocol"]),
        .testTarget(
            name: "APITests", dependencies: ["API", "Engine", "HTTP", "SSE", "TestSupport", "WireProtocol"]),
        .testTarget(
            name: "ServiceTests",
            dependencies: ["API", "Engine", "EventLoop", "SSE", "Service", "TestSupport", "WireProtocol"]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["Command", "DeliveryAgent", "EventLoop", "FixtureWorker", "TestSupport", "WireProtocol"]),
    ],
    swiftLanguageModes: [.v6]
)

if isCI {
    for target in package.targets where !["CLinux", "PythonRuntime"].contains(target.name) {
        target.swiftSettings = (target.swiftSettings ?? []) + [.treatAllWarnings(as: .error)]
    }
}
