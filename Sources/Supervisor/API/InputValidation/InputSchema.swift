import WireProtocol

/// A handler's input schema, compiled once and applied to the bytes of each input.
///
/// Enforced: `type`, `enum`, `const`, `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum` (number or flag),
/// `multipleOf`, `minLength`, `maxLength` (code points), `pattern`, `items`, `prefixItems`, `minItems`, `maxItems`,
/// `uniqueItems`, `required`, `properties`, `patternProperties`, `additionalProperties`, `minProperties`,
/// `maxProperties`, `allOf`, `anyOf`, `oneOf`, `not`, `nullable` and `$ref` within the document. Everything else
/// (`format`, `title`, `default`, `x-…`) is ignored.
///
/// Numbers are compared by their exact decimal value. `2.0` is an integer, `true` is not, `"3"` is no number.
/// `nullable` is honoured, unlike in Cog. Of an object with equal keys every member is checked, because it is not ours
/// to say which of them the worker will take.
package struct InputSchema: Sendable {
    /// The schema's own node is the first.
    let nodes: [CompiledSchema]
    /// Rules that are not enforced because they cannot be: patterns with look-ahead, back references and the like.
    package let omissions: [InputSchemaError]

    /// Most problems that are reported: an array of a million wrong elements must not make a response of megabytes.
    package static let maximumProblems = 100

    /// Where an OpenAPI document has the schema of Cog's inputs.
    private static let component = "/components/schemas/Input"

    /// Compiles the schema that `json` is or, when it is an OpenAPI document, its component `Input`.
    package init(json: RawJSON) throws(InputSchemaError) {
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONValue.parse(json.bytes)
        } catch {
            throw InputSchemaError(at: "", "it is not JSON: \(error)")
        }
        let isOpenAPI = document["components"]?["schemas"]?["Input"] != nil
        let compiled = try SchemaCompiler.compile(document, at: isOpenAPI ? Self.component : "")
        nodes = compiled.nodes.map(CompiledSchema.init)
        omissions = compiled.omissions
    }

    /// What is wrong with `input`; empty when nothing is. At most ``maximumProblems``.
    package func validate(_ input: RawJSON) -> [InputProblem] {
        input.bytes.withUnsafeBytes { validate($0) }
    }

    /// What is wrong with `input`, one JSON value known to be valid; empty when nothing is.
    ///
    /// One pass over the bytes for a schema without combinations; allocates for keys and problems only.
    package func validate(_ input: UnsafeRawBufferPointer) -> [InputProblem] {
        var validator = InputValidator(nodes: nodes, input: input)
        return validator.run()
    }
}
