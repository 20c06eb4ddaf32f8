// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "text-generation",
    dependencies: [
        // By name as well: the folder of a clone may be called anything.
        .package(name: "supervisor", path: "../..")
    ],
    targets: [
        .executableTarget(
            name: "TextGeneration", dependencies: ["LanguageModel", .product(name: "Worker", package: "supervisor")]),
        .target(name: "LanguageModel"),
        .testTarget(name: "LanguageModelTests", dependencies: ["LanguageModel"]),
    ],
    swiftLanguageModes: [.v6]
)
