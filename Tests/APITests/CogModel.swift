import TestSupport

/// What a worker with a Cog model declares: schemas of its own for trainings, Cog's rules for inputs, a document, versions
/// and a health check.
enum CogModel {
    static let openAPI =
        ##"{"openapi":"3.0.2", "paths":{"/predictions":{"post":{"x-cog-streaming":true}}},"components":{"schemas":{"TrainingInput":{}}}}"##

    static let input = #"""
        {"type":"object","title":"Input","required":["prompt"],"properties":{
        "prompt":{"type":"string"},"steps":{"type":"integer","minimum":0,"maximum":100000,"default":20},
        "mask":{"type":"string","nullable":true,"format":"uri"},"seed":{"type":"integer","nullable":true},
        "scale":{"type":"number","nullable":true,"default":1.5},
        "mode":{"allOf":[{"enum":["a","b"],"type":"string"}],"default":"a"},
        "ps":{"type":"array","items":{"type":"string"},"default":[]}}}
        """#

    static let trainingInput =
        #"{"type":"object","required":["data"],"properties":{"data":{"type":"string"},"epochs":{"type":"integer","nullable":true}}}"#

    static let manifest =
        #"{"handlers":[{"name":"predict","streaming":true,"concurrency":2,"input_rules":"cog","input":\#(input),"#
        + #""training_input":\#(trainingInput)}],"openapi":\#(openAPI),"#
        + #""versions":{"python":"3.11.2","python_sdk":"0.23.1"},"health_check":true}"#

    static func server() -> DirectServer {
        DirectServer(manifests: [manifest, RequestCase.plainManifest])
    }
}
