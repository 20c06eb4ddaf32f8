import Glibc
import Testing
import WireProtocol

/// The files in Tests/Vectors, which any implementation of the protocol can read; their form: README.md there.
enum VectorFile {
    /// The entries of the file called `name`.
    static func entries(_ name: String) -> [JSONValue] {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let path = "/\(folder)/Vectors/\(name).json"
        do {
            guard let entries = try JSONValue.parse(bytes(of: path)).arrayValue else {
                preconditionFailure("\(path) must hold an array")
            }
            return entries
        } catch {
            preconditionFailure("\(path): \(error)")
        }
    }

    private static func bytes(of path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { preconditionFailure("\(path) cannot be opened") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&block, 1, block.count, file)
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: block[..<count])
        }
    }
}

extension JSONValue {
    /// The member that a vector must have.
    func required(_ key: String) throws -> JSONValue { try #require(self[key], "a vector must have `\(key)`") }

    /// A whole number of up to 64 bits, which an `Int` may not hold.
    var unsignedValue: UInt64? {
        if case .number(let digits) = self { UInt64(digits) } else { nil }
    }

    /// The bytes that a string of hexadecimal digits means.
    var hexadecimalBytes: [UInt8]? {
        guard let digits = stringValue?.utf8, digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        var index = digits.startIndex
        while index < digits.endIndex {
            let next = digits.index(index, offsetBy: 2)
            guard let byte = UInt8(Substring(digits[index..<next]), radix: 16) else { return nil }
            bytes.append(byte)
            index = next
        }
        return bytes
    }
}
